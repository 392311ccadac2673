const millisecondsByUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** nginx's durations: `60s`, `10m`, `1h`, or a number of seconds. */
export function durationMs (value: string | number): number {
  if (typeof value === 'number') return value * 1000
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)?$/.exec(value) ?? []
  return Number(amount) * (millisecondsByUnit[unit ?? 's'] ?? 1000)
}
