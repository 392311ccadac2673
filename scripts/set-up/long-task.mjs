import { spawn } from 'node:child_process'
import { SetUpError } from './errors.mjs'

const patienceMs = 60_000
const maxKeptBytes = 256 * 1024

/**
 * Runs a command that may take long. One line says what it does, with the seconds that went by on a terminal. What the
 * command prints is shown when it fails, or from the moment it has taken longer than a minute.
 *
 * @param title - the line: what is being done, and it begins the error when that fails
 * @param command - the command and its arguments
 * @param options - cwd and env of the command
 */
export async function runLongTask (title, [command, ...args], options = {}) {
  const started = Date.now()
  const { stderr } = process
  stderr.write(stderr.isTTY ? title : `${title}\n`)

  let kept = ''
  let showing = false
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const tick = stderr.isTTY ? setInterval(() => { if (!showing) stderr.write(`\r${title} ${seconds()} s`) }, 1000) : undefined
  const show = () => {
    if (stderr.isTTY) stderr.write('\n')
    showing = true
    stderr.write(kept)
  }
  const patience = setTimeout(show, patienceMs)

  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const take = chunk => {
    if (showing) stderr.write(chunk)
    else kept = (kept + chunk).slice(-maxKeptBytes)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ending = await new Promise(resolve => {
    child.once('error', err => resolve(err.message))
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`))
  })
  clearInterval(tick)
  clearTimeout(patience)

  if (ending !== undefined) {
    if (!showing) show()
    throw new SetUpError(`${title}: ${ending}.`)
  }
  if (stderr.isTTY && !showing) stderr.write(`\r${title} ${seconds()} s, done\n`)
}
