/** Waits for it, and no longer than that: whoever takes longer goes on by itself. */
export async function within (limitMs: number, task: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, limitMs)
  try {
    await Promise.race([task, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
