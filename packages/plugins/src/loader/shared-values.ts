import type { Share } from '../contract/shared.ts'

interface Entry {
  readonly value: { close (): void }
  holds: number
}

/** A table of what plugins share in this process; one for all of them, across reloads. */
export function createShare (): Share {
  const entries = new Map<string, Entry>()
  return <Value extends { close (): void }>(key: string, open: () => Value) => {
    const entry = entries.get(key) ?? { value: open(), holds: 0 }
    entries.set(key, entry)
    entry.holds++
    return {
      value: entry.value as Value, // whoever uses a key opens the same under it
      release () {
        if (--entry.holds > 0) return
        entries.delete(key)
        entry.value.close()
      }
    }
  }
}
