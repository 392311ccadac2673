import { fieldText } from '../header/field-text.ts'
import type { HeaderList } from '../contract/header-list.ts'

type Repeated = Record<string, string | true | Array<string | true>>

export const redactedText = '[redacted]'

/** Fields by their names in lower case; several lines of one name are a list. */
export function fieldObject (headers: HeaderList, redacted: ReadonlySet<string>): Repeated {
  const object: Repeated = Object.create(null) as Repeated // names are the client's: `__proto__` is one as any other
  const { raw } = headers
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    add(object, name, redacted.has(name) ? redactedText : fieldText(raw[at + 1] ?? ''))
  }
  return object
}

/** Arguments of a query, decoded; several of one name are a list, one without `=` is true. */
export function queryObject (query: string): Repeated {
  const object: Repeated = Object.create(null) as Repeated
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (equals === -1) add(object, decode(pair), true)
    else add(object, decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)))
  }
  return object
}

function add (object: Repeated, name: string, value: string | true): void {
  const before = object[name]
  object[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
