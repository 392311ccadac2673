import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

interface Shape {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

/**
 * The counter of that name, made if there is none. A reload finds the one of before, with its counts; one with
 * other labels makes room for the new. The same goes for the functions below.
 */
export function reuseCounter (registry: Registry, shape: Shape): Counter {
  const present = presentMetric(registry, shape)
  return present instanceof Counter ? present : new Counter({ ...settingsOf(registry, shape) })
}

/** @param aggregator - how the values of several workers become one */
export function reuseGauge (registry: Registry, shape: Shape & { readonly aggregator: 'sum' | 'first' }): Gauge {
  const present = presentMetric(registry, shape)
  return present instanceof Gauge ? present : new Gauge({ ...settingsOf(registry, shape), aggregator: shape.aggregator })
}

export function reuseHistogram (registry: Registry, shape: Shape & { readonly buckets: readonly number[] }): Histogram {
  const present = presentMetric(registry, shape)
  return present instanceof Histogram ? present : new Histogram({ ...settingsOf(registry, shape), buckets: [...shape.buckets] })
}

function settingsOf (registry: Registry, { name, help, labelNames }: Shape) {
  return { name, help, labelNames: [...labelNames], registers: [registry] }
}

function presentMetric (registry: Registry, shape: Shape & { readonly buckets?: readonly number[] }): unknown {
  const present: unknown = registry.getSingleMetric(shape.name)
  if (present === undefined) return undefined
  // not in prom-client's types, but what its own code reads
  const { labelNames, upperBounds } = present as { labelNames?: readonly string[], upperBounds?: readonly number[] }
  if (isSameList(labelNames, shape.labelNames) && isSameList(upperBounds, shape.buckets)) return present
  registry.removeSingleMetric(shape.name)
  return undefined
}

function isSameList (a: ReadonlyArray<string | number> = [], b: ReadonlyArray<string | number> = []): boolean {
  return a.length === b.length && a.every((member, at) => member === b[at])
}
