import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'

/** One door that hostile octets come through. */
export interface FuzzTarget {
  readonly name: string
  /** How many inputs are judged at once: more than one where judging is mostly waiting. */
  readonly sideBySide: number
  /** The next hostile input. */
  invent (random: SeededRandom): Buffer
  /** @returns what is wrong with how the input was taken; undefined when all is well. May throw, which is wrong as well. */
  judge (input: Buffer): Promise<string | undefined> | string | undefined
  close (): Promise<void>
}

/** Nothing that fits a response takes longer than this, even on a busy machine. Only the fuzzer looks at the clock; the tests count steps. */
export const tooSlowMs = 2000

/** Judges one input; a thrown error and slowness are complaints. */
export async function complaintAbout (target: FuzzTarget, input: Buffer): Promise<string | undefined> {
  const startedMs = performance.now()
  try {
    const complaint = await target.judge(input)
    if (complaint !== undefined) return complaint
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack ?? error.message : String(error)}`
  }
  const tookMs = performance.now() - startedMs
  return tookMs > tooSlowMs ? `took ${tookMs.toFixed(0)} ms` : undefined
}
