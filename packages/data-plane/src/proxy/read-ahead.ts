import type { Readable } from 'node:stream'
import { IdleTimer } from './idle-timer.ts'

/** What of a request's body was read before it goes on, because a plugin or a condition asked for it. */
export class ReadAhead {
  readonly chunks: Buffer[] = []
  bytes = 0
  /** The body is here to its end: every attempt can have it all. */
  isWhole = false
  /** The client sent nothing for as long as it may. */
  isLate = false
  readonly #source: Readable
  readonly #receiveTimeoutMs: number
  #reading: Promise<void> | undefined
  #wantedBytes = 0

  /** @param receiveTimeoutMs - how long the client may send nothing; 0 for no limit */
  constructor (source: Readable, receiveTimeoutMs: number) {
    this.#source = source
    this.#receiveTimeoutMs = receiveTimeoutMs
  }

  /** @returns undefined when the body is longer, or when the client left or fell silent before its end */
  async read (limitBytes: number): Promise<Buffer | undefined> {
    while (!this.isWhole && this.bytes <= limitBytes && !this.#source.destroyed && !this.isLate) {
      this.#wantedBytes = Math.max(this.#wantedBytes, limitBytes)
      this.#reading ??= this.#readOn().finally(() => { this.#reading = undefined })
      await this.#reading
    }
    return this.isWhole && this.bytes <= limitBytes ? Buffer.concat(this.chunks) : undefined
  }

  // One octet more than is wanted tells that there is more.
  async #readOn (): Promise<void> {
    const source = this.#source
    await new Promise<void>(resolve => {
      const idleClient = new IdleTimer(this.#receiveTimeoutMs, () => {
        this.isLate = true
        settle()
      })
      const settle = (): void => {
        idleClient.stop()
        source.off('data', onData).off('end', onEnd).off('close', settle)
        source.pause()
        resolve()
      }
      const onData = (chunk: Buffer): void => {
        idleClient.restart()
        this.chunks.push(chunk)
        this.bytes += chunk.length
        if (this.bytes > this.#wantedBytes) settle()
      }
      const onEnd = (): void => {
        this.isWhole = true
        settle()
      }
      source.on('data', onData).on('end', onEnd).on('close', settle)
      idleClient.restart()
      source.resume()
    })
  }
}
