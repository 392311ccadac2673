import { fieldText } from '../header/field-text.ts'
import { variableOf, type LogSource } from './log-source.ts'

export type LogEntry = Record<string, unknown>

/** A `log_format`, ready for requests. */
export interface CompiledLogFormat {
  readonly make: (source: LogSource) => LogEntry
  readonly wantsRequestBody: boolean
  /** Something in it is nested too deeply, and left empty. */
  readonly isCut: boolean
}

const maxDepth = 5

/**
 * Compiles a custom format (plugins.md 2.6): a string that begins with `$` is a variable, whose member is left out where
 * it has no value; any other value stands as it is; objects are walked to a depth of five.
 */
export function compileLogFormat (format: Readonly<Record<string, unknown>>): CompiledLogFormat {
  const names = new Set<string>()
  let isCut = false

  function compileObject (object: object, depth: number): (source: LogSource) => LogEntry {
    if (depth > maxDepth) {
      isCut = true
      return () => ({})
    }
    const members = Object.entries(object).map(([key, value]) => [key, compileValue(value, depth)] as const)
    return source => {
      const entry: LogEntry = {}
      for (const [key, read] of members) {
        const value = read(source)
        if (value !== undefined) Object.defineProperty(entry, key, { value, ...ordinary })
      }
      return entry
    }
  }

  function compileValue (value: unknown, depth: number): (source: LogSource) => unknown {
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) return compileObject(value, depth + 1)
      const items = value.map(item => compileValue(item, depth + 1))
      return source => items.map(read => read(source)).filter(item => item !== undefined)
    }
    if (typeof value !== 'string' || !value.startsWith('$')) return () => value
    const name = value.slice(1)
    names.add(name)
    return source => {
      const text = variableOf(source, name)
      return text === undefined ? undefined : fieldText(text)
    }
  }

  const make = compileObject(format, 1)
  return { make, wantsRequestBody: names.has('request_body'), isCut }
}

const ordinary = { writable: true, enumerable: true, configurable: true } // a member called __proto__ is one, too
