import { ConfigError } from './config-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$\{\{\s*(\w+)\s*(?::=(.*?))?\}\}/g

/**
 * Replaces `${{NAME}}` and `${{NAME:=default}}` in every key and value of a parsed file. A string in which something
 * was replaced and that then reads as a number or a boolean becomes one (admin-api.md 7.4).
 */
export function substituteEnvironment (value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') return substituteInValue(value, environment)
  if (Array.isArray(value)) return value.map(item => substituteEnvironment(item, environment))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) =>
    [substituteInText(key, environment), substituteEnvironment(member, environment)]))
}

function substituteInValue (text: string, environment: Environment): unknown {
  const replaced = substituteInText(text, environment)
  if (replaced === text) return text
  if (replaced === 'true') return true
  if (replaced === 'false') return false
  return replaced.trim() !== '' && Number.isFinite(Number(replaced)) ? Number(replaced) : replaced
}

/** The same in a text that is yet to be parsed, comments included: quotes around a reference keep its value a string. */
export function substituteInText (text: string, environment: Environment): string {
  return text.replaceAll(reference, (_whole, name: string, fallback: string | undefined) => {
    const value = environment[name] ?? fallback?.trim()
    if (value === undefined) throw new ConfigError(`failed to handle configuration: can't find environment variable ${name}`)
    return value
  })
}
