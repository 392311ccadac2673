/** `2026-10-03T11:59:00Z`: certificates and responses know no fractions of seconds. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z')
