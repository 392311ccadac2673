interface Span { readonly start: number, readonly end: number }

/** A token by the name that APISIX's messages give it; `problem` says what is wrong where it is not just the character. */
export type JsonToken = Span & (
  | { readonly kind: 'T_OBJ_BEGIN' | 'T_OBJ_END' | 'T_ARR_BEGIN' | 'T_ARR_END' | 'T_COLON' | 'T_COMMA' | 'T_STRING' | 'T_NUMBER' | 'T_BOOLEAN' | 'T_NULL' | 'T_END' }
  | { readonly kind: 'invalid', readonly problem?: string }
)

const punctuation = {
  '{': 'T_OBJ_BEGIN', '}': 'T_OBJ_END', '[': 'T_ARR_BEGIN', ']': 'T_ARR_END', ':': 'T_COLON', ',': 'T_COMMA'
} as const
const words = { true: 'T_BOOLEAN', false: 'T_BOOLEAN', null: 'T_NULL' } as const
const whitespace = /[ \t\n\r]*/y
const word = /[A-Za-z][A-Za-z0-9_]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const numberLike = /[-+.0-9][-+.0-9A-Za-z]*/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** The token at or after a position. */
export function nextToken (text: string, from: number): JsonToken {
  const start = from + (matchAt(whitespace, text, from)?.length ?? 0)
  const character = text[start]
  if (character === undefined) return { kind: 'T_END', start, end: start }
  if (isKeyOf(punctuation, character)) return { kind: punctuation[character], start, end: start + 1 }
  if (character === '"') return readString(text, start)
  return readNumber(text, start) ?? readWord(text, start) ?? { kind: 'invalid', start, end: start + 1 }
}

function readString (text: string, start: number): JsonToken {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return { kind: 'T_STRING', start, end: at + 1 }
    if (code !== 0x5c) continue
    const sequence = matchAt(escape, text, at)
    if (sequence === undefined) return { kind: 'invalid', problem: 'invalid escape code', start: at, end: at + 1 }
    at += sequence.length - 1
  }
  return { kind: 'invalid', problem: 'unexpected end of string', start: text.length, end: text.length }
}

function readNumber (text: string, start: number): JsonToken | undefined {
  const looks = matchAt(numberLike, text, start)
  if (looks === undefined) return undefined
  const end = start + looks.length
  return matchAt(number, text, start) === looks ? { kind: 'T_NUMBER', start, end } : { kind: 'invalid', problem: 'invalid number', start, end }
}

function readWord (text: string, start: number): JsonToken | undefined {
  const found = matchAt(word, text, start)
  if (found === undefined) return undefined
  const end = start + found.length
  return isKeyOf(words, found) ? { kind: words[found], start, end } : { kind: 'invalid', problem: `"${found.slice(0, 20)}"`, start, end }
}

function matchAt (expression: RegExp, text: string, at: number): string | undefined {
  expression.lastIndex = at
  return expression.exec(text)?.[0]
}

function isKeyOf<Table extends object> (table: Table, key: string): key is Extract<keyof Table, string> {
  return Object.hasOwn(table, key)
}
