import type { LoadedPlugin, MachinePart, PluginCatalog } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { MachineAnswer, MachineQuestion } from '../ipc/messages.ts'

interface Held {
  loaded: LoadedPlugin
  readonly part: MachinePart
}

/**
 * What plugins keep once for the machine. A part outlives reloads for as long as its plugin is the same module; one whose
 * plugin changed or is listed no more goes when the workers have let go of it.
 */
export class MachineParts {
  readonly #log: Logger
  readonly #now: () => number
  readonly #parts = new Map<string, Held>()
  #replaced: MachinePart[] = []

  /** @param now - see MachineHost */
  constructor (log: Logger, now: () => number) {
    this.#log = log
    this.#now = now
  }

  /** Makes the parts that are missing; before the workers run the plugins. One that cannot be made is logged, and answers nothing. */
  use (catalog: PluginCatalog): void {
    for (const loaded of catalog.list) {
      const { plugin } = loaded
      const held = this.#parts.get(plugin.name)
      if (held?.loaded.plugin === plugin) {
        held.loaded = loaded
        continue
      }
      if (held !== undefined) this.#replaced.push(held.part)
      this.#parts.delete(plugin.name)
      this.#make(loaded)
    }
  }

  /** Lets go of what these plugins do not need, when no worker runs the ones before. */
  retain (catalog: PluginCatalog): void {
    for (const [name, { part }] of this.#parts) {
      if (catalog.get(name) !== undefined) continue
      this.#replaced.push(part)
      this.#parts.delete(name)
    }
    for (const part of this.#replaced) this.#close(part)
    this.#replaced = []
  }

  receive (workerId: number, questions: readonly MachineQuestion[], send: (answers: readonly MachineAnswer[]) => void): void {
    const answers: MachineAnswer[] = []
    for (const [id, plugin, question] of questions) {
      const held = this.#parts.get(plugin)
      if (held === undefined) {
        answers.push([id, undefined, `the plugin [${plugin}] keeps nothing in the primary`])
        continue
      }
      try {
        const answer = held.part.handle(question, workerId)
        if (answer instanceof Promise) answer.then(late => send([[id, late]]), (err: unknown) => send([this.#failed(id, plugin, err)]))
        else if (id !== 0) answers.push([id, answer])
      } catch (err) {
        answers.push(this.#failed(id, plugin, err))
      }
    }
    if (answers.length > 0) send(answers)
  }

  workerGone (workerId: number): void {
    for (const [plugin, { part }] of this.#parts) {
      try {
        part.workerGone?.(workerId)
      } catch (err) {
        this.#log.error({ err, plugin, worker: workerId }, 'plugin failed in the primary')
      }
    }
  }

  close (): void {
    for (const { part } of this.#parts.values()) this.#close(part)
    this.#parts.clear()
  }

  #make (loaded: LoadedPlugin): void {
    const { plugin } = loaded
    if (plugin.machine === undefined) return
    const attr = () => this.#parts.get(plugin.name)?.loaded.attr ?? loaded.attr
    try {
      const part = plugin.machine({ log: this.#log.child({ plugin: plugin.name }), now: this.#now, attr })
      this.#parts.set(plugin.name, { loaded, part })
    } catch (err) {
      this.#log.error({ err }, `failed to start plugin [${plugin.name}]`)
    }
  }

  #failed (id: number, plugin: string, err: unknown): MachineAnswer {
    this.#log.error({ err, plugin }, 'plugin failed in the primary')
    return [id, undefined, err instanceof Error ? err.message : String(err)]
  }

  #close (part: MachinePart): void {
    try {
      part.close?.()
    } catch (err) {
      this.#log.error({ err }, 'plugin failed in the primary')
    }
  }
}
