import type { MachineLink } from '@clinch/plugins'
import type { FromWorker, MachineAnswer, MachineQuestion } from '../ipc/messages.ts'

interface Waiting {
  readonly sinceMs: number
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: Error) => void
}

const patienceMs = 5000
const lookMs = 1000

/**
 * The plugins' ways to their parts in the primary. What they ask in one turn of the event loop goes in one message, so
 * that the more requests there are the less each of them costs.
 */
export class MachineLinks {
  readonly #send: (message: FromWorker) => void
  readonly #monotonicNow: () => number
  /** Oldest first. */
  readonly #waiting = new Map<number, Waiting>()
  #batch: MachineQuestion[] = []
  #lastId = 0
  #impatience: NodeJS.Timeout | undefined

  constructor (send: (message: FromWorker) => void, monotonicNow: () => number) {
    this.#send = send
    this.#monotonicNow = monotonicNow
  }

  readonly linkOf = (plugin: string): MachineLink => ({
    ask: async question => await new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { sinceMs: this.#monotonicNow(), resolve, reject })
      this.#impatience ??= setInterval(() => this.#giveUp(), lookMs).unref()
      this.#add([id, plugin, question])
    }),
    tell: message => this.#add([0, plugin, message])
  })

  answer (answers: readonly MachineAnswer[]): void {
    for (const [id, answer, fault] of answers) {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (fault === undefined) waiting?.resolve(answer)
      else waiting?.reject(new Error(fault))
    }
  }

  #add (question: MachineQuestion): void {
    if (this.#batch.push(question) === 1) setImmediate(() => this.#flush())
  }

  #flush (): void {
    const questions = this.#batch
    this.#batch = []
    this.#send({ kind: 'machineQuestions', questions })
  }

  #giveUp (): void {
    const beforeMs = this.#monotonicNow() - patienceMs
    for (const [id, { sinceMs, reject }] of this.#waiting) {
      if (sinceMs > beforeMs) return
      this.#waiting.delete(id)
      reject(new Error('the primary did not answer in time'))
    }
  }
}
