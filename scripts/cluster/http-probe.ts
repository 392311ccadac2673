/** Does a URL answer as it should by now? For things that may not listen yet. */
export async function answers (url: string, wanted = 200): Promise<boolean> {
  try {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } })
    await body?.cancel()
    return status === wanted
  } catch {
    return false
  }
}
