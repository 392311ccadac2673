import type { Logger } from 'pino'

/**
 * What a plugin keeps once for the machine, in the primary: counters that all workers share. Its workers reach it through
 * `host.machine`. It lives as long as the plugin is listed and its file is the same: a reload does not end it.
 */
export interface MachinePart {
  /**
   * One question or message of a worker. The answer goes back in the batch in which the question came, unless it is a
   * promise. Questions and answers are cloned on their way (`structuredClone`); short arrays cost least.
   */
  handle (question: unknown, workerId: number): unknown
  /** A worker process has ended, however it did: nothing comes from it any more. */
  workerGone? (workerId: number): void
  close? (): void
}

export interface MachineHost<Attr = unknown> {
  readonly log: Logger
  /** Epoch milliseconds that never go back: setting the machine's clock does not move them. */
  readonly now: () => number
  /** `plugin_attr.{name}` with its defaults, as it is by now. */
  readonly attr: () => Attr
}

/** A plugin's way to its own part in the primary. What is sent in one turn of the event loop goes in one message. */
export interface MachineLink {
  /** Rejects when the part threw or rejected, when there is none, or when it does not answer within five seconds. */
  ask (question: unknown): Promise<unknown>
  /** Wants no answer; lost when there is nobody to take it. */
  tell (message: unknown): void
}
