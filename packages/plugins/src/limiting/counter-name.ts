import { hash } from 'node:crypto'

/** What a client sends may be long; names of counters are kept by the hundred thousand. */
const maxKeyLength = 96

/**
 * What the names of an instance's counters begin with: where it stands and how it is configured. The same configuration in
 * the same place goes on counting, another one begins anew (plugins.md 2.3).
 */
export function counterPrefix (ownerKey: string, conf: object): string {
  return `${ownerKey}:${hash('sha256', canonical(conf), 'base64url').slice(0, 16)}`
}

export function counterName (prefix: string, key: string): string {
  return `${prefix}:${key.length <= maxKeyLength ? key : hash('sha256', key, 'base64url')}`
}

// The order of members says nothing.
function canonical (value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1)) : member)
}

function isObject (value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
