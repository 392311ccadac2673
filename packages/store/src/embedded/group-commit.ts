import type { DatabaseSync } from 'node:sqlite'

interface QueuedWrite {
  readonly run: () => void
  readonly succeed: () => void
  readonly fail: (reason: unknown) => void
}

export interface GroupCommitHooks {
  /** Inside each transaction, before its writes. */
  readonly before: () => void
  /** Inside each transaction, after its writes. */
  readonly after: () => void
  readonly onCommitted: () => void
  readonly onRolledBack: () => void
  readonly asError: (error: unknown) => Error
}

/** Bounds how long one transaction holds the thread. */
const maxWritesPerCommit = 512

/**
 * Puts the writes of one turn of the event loop into one transaction, so that they share the wait for the disk. Each
 * runs in the order of its coming, sees those before it, and is answered when all of them are durable.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #hooks: GroupCommitHooks
  #queue: QueuedWrite[] = []
  #scheduled: NodeJS.Immediate | undefined

  constructor (database: DatabaseSync, hooks: GroupCommitHooks) {
    this.#database = database
    this.#hooks = hooks
  }

  /** @param run - what to do inside the transaction, synchronously */
  write<T> (run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T
      this.#queue.push({ run: () => { result = run() }, succeed: () => resolve(result), fail: reject })
      this.#scheduled ??= setImmediate(() => this.#commitNext())
    })
  }

  /** Commits all that is queued, now. */
  flush (): void {
    while (this.#queue.length > 0) this.#commitNext()
    clearImmediate(this.#scheduled)
  }

  #commitNext (): void {
    const writes = this.#queue.splice(0, maxWritesPerCommit)
    this.#scheduled = this.#queue.length > 0 ? setImmediate(() => this.#commitNext()) : undefined
    try {
      this.#transact(writes)
    } catch (error) {
      this.#hooks.onRolledBack()
      const reason = this.#hooks.asError(error)
      for (const write of writes) write.fail(reason)
      return
    }
    for (const write of writes) write.succeed()
    this.#hooks.onCommitted()
  }

  #transact (writes: readonly QueuedWrite[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      this.#hooks.before()
      for (const write of writes) write.run()
      this.#hooks.after()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}
