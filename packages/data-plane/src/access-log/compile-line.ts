import type { GatewayContext } from '../proxy/request-context.ts'
import { findReader, type Reader } from '../proxy/variables.ts'
import { escapes, type EscapeName } from './escape.ts'

/**
 * Compiles nginx's `log_format`: text with `$name` and `${name}` in it. A line feed ends the line; those in values cannot
 * start another one, unless the format is not escaped.
 */
export function compileLine (format: string, escape: EscapeName): (context: GatewayContext) => string {
  const text: string[] = []
  const readers: Reader[] = []
  let end = 0
  for (const match of format.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)) {
    text.push(format.slice(end, match.index))
    readers.push(readerOf(match[1] ?? match[2] ?? ''))
    end = match.index + match[0].length
  }
  const last = `${format.slice(end)}\n`
  const escapeValue = escapes[escape]
  return context => {
    let line = ''
    for (let at = 0; at < readers.length; at++) line += `${text[at]}${escapeValue(readers[at]?.(context))}`
    return line + last
  }
}

// What a plugin set wins; one of a plugin's is asked for as everybody does.
function readerOf (name: string): Reader {
  const read = findReader(name)
  return read === undefined ? context => context.variable(name) : context => context.knownVariable(name) ?? read(context)
}
