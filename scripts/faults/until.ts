import { setTimeout as wait } from 'node:timers/promises'

const betweenLooksMs = 20

/** Looks again until it holds; something that throws does not hold yet. Rejects with the complaint when that takes too long. */
export async function untilItHolds (holds: () => boolean | Promise<boolean>, complaint: string, withinMs: number): Promise<void> {
  const giveUpMs = Date.now() + withinMs
  let reason = ''
  for (;;) {
    try {
      if (await holds()) return
      reason = ''
    } catch (err) {
      reason = `: ${(err as Error).message}`
    }
    if (Date.now() > giveUpMs) throw new Error(`${complaint} within ${withinMs / 1000} s${reason}`)
    await wait(betweenLooksMs)
  }
}
