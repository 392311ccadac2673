/**
 * Asks again and again, one request after the other, until it is told to stop.
 *
 * @param ask - resolves with a status
 * @returns stops it; resolves with every status but 200, 0 for a request without an answer
 */
export function startSteadyLoad (ask: () => Promise<number | undefined>): () => Promise<readonly number[]> {
  const failures: number[] = []
  const stopping = new AbortController()
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      const status = await ask().catch(() => 0)
      if (status !== 200) failures.push(status ?? 0)
    }
  })()
  return async () => {
    stopping.abort()
    await asking
    return failures
  }
}
