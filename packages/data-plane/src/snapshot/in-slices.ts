import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long a worker does nothing else: what a request may have to wait for. */
const longestSliceMs = 8

/** Runs a job to its end at once. */
export function atOnce<Result> (job: Generator<void, Result>): Result {
  for (;;) {
    const step = job.next()
    if (step.done === true) return step.value
  }
}

/** Runs a job that pauses often, with turns for everything else in between when it takes long. */
export async function inSlices<Result> (job: Generator<void, Result>): Promise<Result> {
  let sliceEndsMs = performance.now() + longestSliceMs
  for (;;) {
    const step = job.next()
    if (step.done === true) return step.value
    if (performance.now() < sliceEndsMs) continue
    await nextTurn()
    sliceEndsMs = performance.now() + longestSliceMs
  }
}
