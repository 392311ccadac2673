import { distance } from 'fastest-levenshtein'

/** The name that was probably meant; undefined when none is near. */
export function nearestName (typed: string, names: readonly string[]): string | undefined {
  const [nearest] = names.map(name => ({ name, distance: distance(typed, name) })).sort((a, b) => a.distance - b.distance)
  return nearest !== undefined && nearest.distance <= Math.max(1, Math.floor(nearest.name.length / 3)) ? nearest.name : undefined
}
