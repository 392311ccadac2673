import type { ConsumerDirectory, FoundConsumer } from '@clinch/plugins'
import type { Consumer } from '@clinch/schema'
import type { PluginSet } from '../phases/plugin-set.ts'

/** What one consumer or credential holds for each auth plugin, checked. */
export type AuthConfs = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export interface CompiledConsumer {
  readonly consumer: Consumer
  readonly auth: AuthConfs
  /** Its other plugins; for an auth plugin there is nothing to run. */
  readonly set: PluginSet
}

export interface CompiledCredential {
  readonly username: string
  readonly credentialId: string
  readonly auth: AuthConfs
}

/** The consumers, groups and credentials of one snapshot. Immutable; indexes are made when they are first asked for. */
export class ConsumerTable implements ConsumerDirectory {
  readonly #consumers: ReadonlyMap<string, CompiledConsumer>
  readonly #credentials: readonly CompiledCredential[]
  readonly #groups: ReadonlyMap<string, PluginSet>
  readonly #sets = new Map<string, readonly PluginSet[]>()
  readonly #indexes = new Map<string, ReadonlyMap<string, FoundConsumer>>()

  constructor (consumers: ReadonlyMap<string, CompiledConsumer>, credentials: readonly CompiledCredential[], groups: ReadonlyMap<string, PluginSet>) {
    this.#consumers = consumers
    this.#credentials = credentials
    this.#groups = groups
  }

  find (plugin: string, attribute: string, value: string): FoundConsumer | undefined {
    const name = `${plugin} ${attribute}`
    const index = this.#indexes.get(name) ?? this.#indexBy(plugin, attribute)
    this.#indexes.set(name, index)
    return index.get(value)
  }

  named (username: string): FoundConsumer | undefined {
    const compiled = this.#consumers.get(username)
    return compiled === undefined ? undefined : found(compiled.consumer, undefined, {})
  }

  /** What joins the plugins of a route: the group's, then the consumer's own; undefined when the group is missing. */
  setsOf ({ username, groupId }: FoundConsumer): readonly PluginSet[] | undefined {
    const known = this.#sets.get(username)
    if (known !== undefined) return known
    const own = this.#consumers.get(username)?.set
    const group = groupId === undefined ? undefined : this.#groups.get(groupId)
    if (groupId !== undefined && group === undefined) return undefined
    const sets = [group, own].filter(set => set !== undefined)
    this.#sets.set(username, sets)
    return sets
  }

  #indexBy (plugin: string, attribute: string): ReadonlyMap<string, FoundConsumer> {
    const index = new Map<string, FoundConsumer>()
    const add = (consumer: Consumer, credentialId: string | undefined, auth: AuthConfs): void => {
      const conf = auth.get(plugin)
      const value = conf?.[attribute]
      if (conf !== undefined && typeof value === 'string') index.set(value, found(consumer, credentialId, conf))
    }
    for (const { consumer, auth } of this.#consumers.values()) add(consumer, undefined, auth)
    for (const { username, credentialId, auth } of this.#credentials) {
      const owner = this.#consumers.get(username)
      if (owner !== undefined) add(owner.consumer, credentialId, auth)
    }
    return index
  }
}

function found ({ username, group_id: groupId, labels = {} }: Consumer, credentialId: string | undefined, conf: Readonly<Record<string, unknown>>): FoundConsumer {
  return { username, credentialId, groupId: groupId === undefined ? undefined : String(groupId), labels, conf }
}
