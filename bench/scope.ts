/** Owns what a scenario starts, and closes it in reverse. It has the one method that the makings of the tests ask of a test. */
export class Scope implements AsyncDisposable {
  readonly #closers: Array<() => unknown> = []

  teardown (close: () => unknown): void { this.#closers.push(close) }

  async close (): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close()
  }

  async [Symbol.asyncDispose] (): Promise<void> { await this.close() }
}
