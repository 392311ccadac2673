import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { ClusterError } from './cluster-error.ts'
import type { OrphanGuard } from './orphan-guard.ts'
import { hasStopped } from './stopped.ts'

export interface NodeProcessOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What it runs in. */
  readonly folder: string
  /** What it prints is appended to. */
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  /** Does it do its work? Asked until it does. */
  readonly isReady: () => Promise<boolean>
  /** How long it may take to end when asked to; then it is killed. */
  readonly stopWithinMs?: number
  /** Sees to it that it does not outlive this process. */
  readonly guard: OrphanGuard
  /** It ended, and nobody had asked it to. */
  readonly onDeath?: (node: NodeProcess, end: End) => void
}

/** What does not depend on which part it is. */
export type Surroundings = Pick<NodeProcessOptions, 'folder' | 'logFile' | 'guard' | 'onDeath'>

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const startWithinMs = 60_000
const betweenLooksMs = 25

/** A part of the cluster as a process, which may end and be started again. */
export class NodeProcess {
  readonly #options: NodeProcessOptions
  #child: ChildProcess | undefined
  /** A death is told of when it does its work, and nobody has asked it to end. */
  #isWatched = false

  constructor (options: NodeProcessOptions) {
    this.#options = options
  }

  get name (): string { return this.#options.name }

  get logFile (): string { return this.#options.logFile }

  /** 0 before the first start. */
  get pid (): number { return this.#child?.pid ?? 0 }

  get isRunning (): boolean { return this.#child !== undefined && endOf(this.#child) === undefined }

  /**
   * Resolves when it does its work.
   *
   * @throws ClusterError with the last lines that it printed, when it ends before or takes longer than a minute
   */
  async start (): Promise<void> {
    if (this.isRunning) return
    const { command, args, folder, logFile, env = process.env, isReady, guard } = this.#options
    const from = await stat(logFile).then(({ size }) => size, () => 0)
    const log = await open(logFile, 'a', 0o600)
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', log.fd, log.fd], detached: true }) // Ctrl-C is for us alone: we end them in order
    this.#child = child
    const { pid } = child
    if (pid !== undefined) guard.add(pid)
    await log.close()
    let failure: Error | undefined
    child.once('error', err => { failure = err })
    child.once('exit', (code, signal) => {
      const wasWatched = this.#isWatched
      this.#isWatched = false
      if (pid !== undefined) guard.remove(pid)
      if (wasWatched) this.#options.onDeath?.(this, { code, signal })
    })
    const giveUpMs = Date.now() + startWithinMs
    while (!await isReady()) {
      if (failure !== undefined) throw new ClusterError(`${this.name}: ${command} does not start: ${failure.message}`)
      if (!this.isRunning) throw new ClusterError(`${this.name} ended with ${describeEnd(endOf(child))}${await this.#said(from)}`)
      if (Date.now() > giveUpMs) {
        await this.kill()
        throw new ClusterError(`${this.name} is not ready after ${startWithinMs / 1000} s${await this.#said(from)}`)
      }
      await wait(betweenLooksMs)
    }
    this.#isWatched = this.isRunning
  }

  /** Asks it to end and waits for that; resolves with its status, null when a signal ended it. */
  async stop (): Promise<number | null> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return child?.exitCode ?? null
    const killer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopWithinMs ?? 15_000)
    try {
      return (await this.#end('SIGTERM')).code
    } finally {
      clearTimeout(killer)
    }
  }

  /** kill -9, and waits until it is gone. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Makes it hang, as it does by then. */
  async pause (): Promise<void> {
    this.signal('SIGSTOP')
    while (!await hasStopped(this.pid)) await wait(1)
  }

  resume (): void {
    this.signal('SIGCONT')
  }

  signal (signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child?.kill(signal)
  }

  async #end (signal: NodeJS.Signals): Promise<End> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return { code: null, signal: null }
    this.#isWatched = false
    const ended = once(child, 'exit')
    child.kill(signal)
    child.kill('SIGCONT') // one that hangs hears no SIGTERM
    const [code, endedBy] = await ended as [number | null, NodeJS.Signals | null] // what the event carries
    return { code, signal: endedBy }
  }

  async #said (from: number): Promise<string> {
    const text = (await readFile(this.logFile)).subarray(from).toString().trim()
    return text === '' ? '' : `:\n${text.split('\n').slice(-10).join('\n')}`
  }
}

export function describeEnd (end: End | undefined): string {
  return end?.signal ?? `status ${end?.code ?? 'unknown'}`
}

function endOf ({ exitCode: code, signalCode: signal }: ChildProcess): End | undefined {
  return code === null && signal === null ? undefined : { code, signal }
}
