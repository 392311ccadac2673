import { chainOf, type PhaseChain } from '../phases/phase-chain.ts'
import type { PluginSet } from '../phases/plugin-set.ts'

/**
 * The plugins of all global rules as one chain. Of a plugin that several rules have no instance runs, for there is no
 * telling which was meant (data-plane.md 3.5).
 *
 * @param onConflict - told of each such plugin
 */
export function globalChain (rules: readonly PluginSet[], onConflict: (plugin: string) => void): PhaseChain {
  const all = rules.flatMap(({ instances }) => [...instances.values()])
  const byPlugin = Map.groupBy(all, ({ plugin }) => plugin)
  for (const [plugin, instances] of byPlugin) if (instances.length > 1) onConflict(plugin)
  return chainOf([...byPlugin.values()].flatMap(instances => instances.length === 1 ? instances : []), true)
}
