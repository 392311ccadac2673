import type { Hit, Outcome } from './quota.ts'

/** One quota after the other, until one rejects: what comes behind it is not counted. */
export async function countInTurn (hits: readonly Hit[], countOne: (hit: Hit) => Promise<Outcome>): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const hit of hits) {
    const outcome = await countOne(hit)
    outcomes.push(outcome)
    if (!outcome.isAccepted) break
  }
  return outcomes
}
