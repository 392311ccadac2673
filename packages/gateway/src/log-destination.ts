import sonicBoom from 'sonic-boom'

// About 1500 lines: what a reader that stumbles may be behind.
const maxWaitingBytes = 262_144
const retryMs = 100

/**
 * Standard output or standard error for log lines. Each is written at once and as a whole. When whoever reads them stops reading, lines wait
 * in memory and the newest are dropped, and when he has gone they go nowhere: a log that nobody takes away must hold up
 * neither traffic nor the end of the process.
 *
 * @param fd - 1 or 2
 * @param onDropped - lines were dropped, and the reader is back; called with their number
 */
export function createLogDestination (fd: number, onDropped: (lines: number) => void): sonicBoom.SonicBoom {
  const destination = new sonicBoom.SonicBoom({ fd, sync: true, maxLength: maxWaitingBytes, retryEAGAIN: () => false })
  let dropped = 0
  let retrying: NodeJS.Timeout | undefined
  const retry = (): void => { destination.write('') } // writes what waits
  const stopRetrying = (): void => {
    clearInterval(retrying)
    retrying = undefined
  }

  destination.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EAGAIN') retrying ??= setInterval(retry, retryMs).unref()
    else {
      stopRetrying()
      destination.write = () => true // there is nobody to tell
    }
  })
  destination.on('drop', () => dropped++)
  destination.on('write', () => {
    if (retrying === undefined) return
    stopRetrying()
    const lines = dropped
    dropped = 0
    if (lines > 0) setImmediate(onDropped, lines)
  })
  process.on('exit', () => { if (retrying !== undefined) retry() })
  return destination
}

/**
 * A file for log lines, each of which is written before anything else happens: what a process says when it breaks gets there
 * too. While the file cannot be written lines wait for it, and the newest are dropped.
 *
 * @throws Error when it cannot be opened
 */
export function openLogFile (path: string): sonicBoom.SonicBoom {
  const file = new sonicBoom.SonicBoom({ dest: path, sync: true, mkdir: true, append: true, maxLength: maxWaitingBytes })
  file.on('error', () => {}) // there is nobody to tell
  return file
}
