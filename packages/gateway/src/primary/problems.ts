import type { Problem } from '@clinch/data-plane'
import type { RunningParts } from './running-parts.ts'

/**
 * What is not in force as it is stored or listed, and why: plugins that could not be loaded, objects left out of a file, without
 * their secrets, or not built by the workers.
 */
export function problemsOf ({ plugins, file, pool, opening }: Pick<RunningParts, 'plugins' | 'file' | 'pool' | 'opening'>): readonly Problem[] {
  const unloaded = plugins.catalog.failures.map(({ entry, reason }): Problem => ({ key: `plugins/${entry}`, modRevision: 0, reason }))
  return [...unloaded, ...file?.problems ?? [], ...pool.problems, ...opening.configuration.problems]
}
