import type { PluginScope } from '@clinch/plugins'
import { makeInstance, type PluginInstance, type PluginMakings, type PluginProblem } from './plugin-instance.ts'

/**
 * The plugins of one resource, made once however many routes they reach: a service's are those of all its routes. It
 * is closed when nobody holds it: neither the configuration nor a request that began with it.
 */
export class PluginSet {
  readonly instances: ReadonlyMap<string, PluginInstance>
  #holds = 1

  constructor (instances: ReadonlyMap<string, PluginInstance>) {
    this.instances = instances
  }

  hold (): this {
    this.#holds++
    return this
  }

  release (): void {
    if (--this.#holds > 0) return
    for (const instance of this.instances.values()) instance.close()
  }
}

export interface PluginSetResult {
  /** Held once, by the caller. */
  readonly set: PluginSet
  readonly problems: readonly PluginProblem[]
}

/** @param plugins - plugin name to its stored configuration */
export function makePluginSet (plugins: Readonly<Record<string, unknown>>, scope: PluginScope, makings: PluginMakings): PluginSetResult {
  const problems: PluginProblem[] = []
  const instances = new Map<string, PluginInstance>()
  for (const [plugin, stored] of Object.entries(plugins)) {
    const { instance, problem } = makeInstance(plugin, stored, scope, makings)
    if (problem !== undefined) problems.push({ plugin, ...problem })
    if (instance !== undefined) instances.set(plugin, instance)
  }
  return { set: new PluginSet(instances), problems }
}
