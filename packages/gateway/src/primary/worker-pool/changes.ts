/** Lets some wait until something holds of what others change. */
export class Changes {
  readonly #looks = new Set<() => void>()

  /** Something may hold that did not. */
  tell (): void {
    for (const look of [...this.#looks]) look()
  }

  async until (holds: () => boolean): Promise<void> {
    await new Promise<void>(resolve => {
      const look = () => {
        if (!holds()) return
        this.#looks.delete(look)
        resolve()
      }
      this.#looks.add(look)
      look()
    })
  }
}
