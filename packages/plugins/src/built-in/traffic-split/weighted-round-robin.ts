export interface Weighted<Value> {
  readonly value: Value
  readonly weight: number
}

/**
 * Takes each in turn as often as its weight says, spread evenly: with 3 and 2 the five are 1 2 1 2 1. One of weight 0
 * is never taken beside a greater one; when all have 0 they are equals.
 */
export function createWeightedRoundRobin<Value> (entries: ReadonlyArray<Weighted<Value>>): () => Value {
  const weighted = entries.filter(({ weight }) => weight > 0)
  const ring = weighted.length > 0 ? weighted : entries.map(({ value }) => ({ value, weight: 1 }))
  const total = ring.reduce((sum, { weight }) => sum + weight, 0)
  const credit = ring.map(() => 0)
  return () => {
    let best = 0
    for (const [index, { weight }] of ring.entries()) {
      credit[index] = (credit[index] ?? 0) + weight
      if ((credit[index] ?? 0) > (credit[best] ?? 0)) best = index
    }
    credit[best] = (credit[best] ?? 0) - total
    const taken = ring[best]
    if (taken === undefined) throw new RangeError('there is nothing to choose from')
    return taken.value
  }
}
