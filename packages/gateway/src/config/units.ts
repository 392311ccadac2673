const bytesByUnit: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }
const millisecondsByUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** nginx's durations: `60s`, `10m`, `1h`, or a number of seconds. */
export function durationMs (value: string | number): number {
  if (typeof value === 'number') return value * 1000
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)?$/.exec(value) ?? []
  return Number(amount) * (millisecondsByUnit[unit ?? 's'] ?? 1000)
}

/** nginx's sizes: `64k`, `10m`, `1g`, or a number of octets. */
export function sizeBytes (value: string | number): number {
  const [, amount, unit = ''] = /^(\d+)([kmg]?)$/i.exec(String(value)) ?? []
  return Number(amount) * (bytesByUnit[unit.toLowerCase()] ?? 1)
}
