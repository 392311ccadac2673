/**
 * A copy in which control and formatting characters of all strings read `U+001B`: names, URLs and words of servers are
 * shown, and none of them may steer the terminal.
 */
export function harmless<T> (value: T): T {
  if (typeof value === 'string') return value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, codePoint) as T & string
  if (Array.isArray(value)) return value.map(harmless) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, harmless(member)])) as T // the same shape, member by member
}

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
