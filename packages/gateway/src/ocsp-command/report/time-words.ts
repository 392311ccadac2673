const units = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

/** `2 days 3 hours`, `59 minutes 12 seconds`: the two largest units, of an amount whatever its sign. */
export function durationWords (seconds: number): string {
  let left = Math.abs(Math.round(seconds))
  const start = units.findIndex(([, size]) => left >= size)
  if (start < 0) return '0 seconds'
  return units.slice(start, start + 2).flatMap(([name, size]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`]
  }).join(' ')
}

/** `2026-10-03 11:59:00 UTC`. */
export const timeWords = (iso: string): string => iso.replace('T', ' ').replace('Z', ' UTC')
