/** Does a URL answer 200 by now? For things that may not listen yet. */
export async function answers (url: string): Promise<boolean> {
  try {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } })
    await body?.cancel()
    return status === 200
  } catch {
    return false
  }
}
