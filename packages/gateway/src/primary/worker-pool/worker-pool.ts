import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { HealthReport, Listening, Problem } from '@clinch/data-plane'
import type { Logger } from 'pino'
import type { FromWorker, MachineQuestion, OcspQuestion, ToWorker } from '../ipc/messages.ts'

export interface WorkerPoolOptions {
  readonly size: number
  readonly log: Logger
  /** A line that a worker printed, with its end. */
  readonly onLogLine: (line: string) => void
  /** The first message of every worker, made when it starts. */
  readonly startMessage: () => Extract<ToWorker, { kind: 'start' }>
  /** The whole configuration, for a worker that missed a batch. */
  readonly resyncMessage: () => Extract<ToWorker, { kind: 'resync' }>
  readonly onOcspQuestion: (question: OcspQuestion, answer: (message: ToWorker) => void) => void
  readonly onMachineQuestions: (workerId: number, questions: readonly MachineQuestion[], answer: (message: ToWorker) => void) => void
  readonly onHealthReport: (workerId: number, report: HealthReport, answer: (message: ToWorker) => void) => void
  /** Nothing comes from it any more. */
  readonly onWorkerGone: (workerId: number) => void
}

interface Member {
  readonly worker: Worker
  ready: boolean
  listening: readonly Listening[]
  problems: readonly Problem[]
  pluginsVersion: number
}

const respawnDelayCapMs = 5000
const objectsInPart = 500

/** The workers of this machine: all of one size, all told the same, each replaced when it dies. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #members = new Map<number, Member>()
  readonly #watchers = new Set<() => void>()
  /** What workers print, until the last of it was taken. */
  readonly #outputs = new Set<Promise<unknown>>()
  #stopping = false
  #hasStarted = false
  #deathsInARow = 0
  #startFailure: string | undefined

  constructor (options: WorkerPoolOptions) {
    this.#options = options
  }

  /** Resolves when every worker serves; rejects when the first ones cannot. */
  async start (): Promise<readonly Listening[]> {
    cluster.schedulingPolicy = cluster.SCHED_NONE // docs/adr/0004: one listening socket, the kernel hands out connections
    cluster.setupPrimary({ exec: fileURLToPath(new URL('../worker/main.ts', import.meta.url)), serialization: 'advanced', silent: true })
    for (let count = 0; count < this.#options.size; count++) this.#spawn()
    await this.#until(() => this.#startFailure !== undefined || this.#all(member => member.ready))
    if (this.#startFailure !== undefined) throw new Error(this.#startFailure)
    this.#hasStarted = true
    return this.listening
  }

  get listening (): readonly Listening[] {
    return [...this.#members.values()].find(member => member.ready)?.listening ?? []
  }

  /** The same in every worker; taken from one. */
  get problems (): readonly Problem[] {
    return [...this.#members.values()].find(member => member.ready)?.problems ?? []
  }

  get status (): ReadonlyArray<{ id: number, pid: number | undefined, ready: boolean }> {
    return [...this.#members.values()].map(({ worker, ready }) => ({ id: worker.id, pid: worker.process.pid, ready }))
  }

  broadcast (message: ToWorker): void {
    for (const { worker } of this.#members.values()) this.#send(worker, message)
  }

  /** Resolves when every worker has loaded that version of the plugin list. */
  async pluginsLoaded (version: number): Promise<void> {
    await this.#until(() => this.#all(member => member.pluginsVersion >= version))
  }

  /** Lets the workers finish what they have in hand, then ends those that have not gone by themselves. */
  async stop (deadlineMs: number): Promise<void> {
    this.#stopping = true
    for (const { worker, ready } of this.#members.values()) {
      if (ready) this.#send(worker, { kind: 'drain', deadlineMs })
      else worker.process.kill('SIGKILL') // it has nothing in hand
    }
    const killer = setTimeout(() => {
      for (const { worker } of this.#members.values()) worker.process.kill('SIGKILL')
    }, deadlineMs + 1000)
    await this.#until(() => this.#members.size === 0)
    clearTimeout(killer)
    await Promise.all(this.#outputs)
  }

  #spawn (): void {
    const worker = cluster.fork()
    const member: Member = { worker, ready: false, listening: [], problems: [], pluginsVersion: 0 }
    this.#members.set(worker.id, member)
    this.#relay(worker)
    worker.on('online', () => this.#sendWhole(worker, this.#options.startMessage()))
    worker.on('message', (message: FromWorker) => this.#receive(member, message))
    worker.on('error', err => this.#options.log.error({ err, worker: worker.id }, 'worker failed'))
    worker.on('exit', (code, signal) => this.#replace(member, code, signal))
  }

  // One process writes the log, so that lines of several never mix, and so that none of them can be held up by whoever reads
  // it: standard output that is shared blocks for all as soon as one of them has ended.
  #relay ({ process: { stdout, stderr } }: Worker): void {
    if (stdout === null || stderr === null) return
    const lines = createInterface({ input: stdout }).on('line', line => this.#options.onLogLine(`${line}\n`))
    const output = once(lines, 'close').finally(() => this.#outputs.delete(output))
    this.#outputs.add(output)
    stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk))
  }

  #receive (member: Member, message: FromWorker): void {
    if (!this.#members.has(member.worker.id)) return // its end was told already
    switch (message.kind) {
      case 'ready':
        member.ready = true
        member.listening = message.listening
        this.#deathsInARow = 0
        break
      case 'failed':
        if (this.#hasStarted) this.#options.log.error({ worker: member.worker.id, reason: message.reason }, 'worker broke')
        else this.#startFailure ??= message.reason
        break
      case 'applied': member.problems = message.problems; break
      case 'gap': return this.#sendWhole(member.worker, this.#options.resyncMessage())
      case 'pluginsLoaded': member.pluginsVersion = message.version; break
      case 'machineQuestions': return this.#options.onMachineQuestions(member.worker.id, message.questions, answer => this.#send(member.worker, answer))
      case 'healthWatch':
      case 'healthUnwatch':
      case 'healthSeen': return this.#options.onHealthReport(member.worker.id, message, answer => this.#send(member.worker, answer))
      case 'clientCheck':
      case 'clientIssuerWanted':
      case 'clientIssuers':
      case 'clientsSeen': return this.#options.onOcspQuestion(message, answer => this.#send(member.worker, answer))
    }
    this.#changed()
  }

  #replace (member: Member, code: number, signal: string | null): void {
    this.#members.delete(member.worker.id)
    this.#options.onWorkerGone(member.worker.id)
    this.#changed()
    if (this.#stopping || this.#startFailure !== undefined) return
    const delayMs = this.#deathsInARow === 0 ? 0 : Math.min(respawnDelayCapMs, 100 * 2 ** this.#deathsInARow)
    this.#deathsInARow++
    this.#options.log.error({ worker: member.worker.id, pid: member.worker.process.pid, code, signal, delayMs }, 'worker ended, another takes its place')
    setTimeout(() => { if (!this.#stopping) this.#spawn() }, delayMs)
  }

  // A message is in memory twice on either side until it is read, which for one of 100,000 certificates is much.
  #sendWhole (worker: Worker, message: Extract<ToWorker, { kind: 'start' | 'resync' }>): void {
    const { objects } = message
    for (let at = 0; at < objects.length; at += objectsInPart) this.#send(worker, { kind: 'objects', objects: objects.slice(at, at + objectsInPart) })
    this.#send(worker, { ...message, objects: [] })
  }

  #send (worker: Worker, message: ToWorker): void {
    if (worker.isConnected()) worker.send(message, () => {}) // a worker that is going gets no more; its exit is seen to
  }

  #all (holds: (member: Member) => boolean): boolean {
    return this.#members.size >= this.#options.size && [...this.#members.values()].every(holds)
  }

  #changed (): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  async #until (holds: () => boolean): Promise<void> {
    await new Promise<void>(resolve => {
      const look = () => {
        if (!holds()) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }
}
