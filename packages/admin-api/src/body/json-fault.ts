import { nameCharacter } from './character-name.ts'
import { nextToken, type JsonToken } from './json-token.ts'

/** Where a text stops being JSON (RFC 8259), in the terms of APISIX's parser. */
export interface JsonFault {
  readonly expected: 'value' | 'object key string' | 'colon' | 'comma or object end' | 'comma or array end' | 'the end' | 'less nesting'
  readonly token: JsonToken
}

const maxDepth = 1000

/** The first fault of a text; undefined when `JSON.parse` would take it and it is not nested deeper than 1000. */
export function findJsonFault (text: string): JsonFault | undefined {
  const open: Array<'object' | 'array'> = []
  let expected: JsonFault['expected'] = 'value'
  let mayClose = false
  for (let token = nextToken(text, 0); ; token = nextToken(text, token.end)) {
    const fault: JsonFault = { expected, token }
    const closes = token.kind === (open.at(-1) === 'object' ? 'T_OBJ_END' : 'T_ARR_END') && open.length > 0
    if (closes && (mayClose || expected.startsWith('comma'))) {
      open.pop()
      expected = afterValue(open.at(-1))
      mayClose = false
      continue
    }
    mayClose = false
    switch (expected) {
      case 'value':
        if (token.kind === 'T_OBJ_BEGIN' || token.kind === 'T_ARR_BEGIN') {
          if (open.length === maxDepth) return { expected: 'less nesting', token }
          open.push(token.kind === 'T_OBJ_BEGIN' ? 'object' : 'array')
          expected = token.kind === 'T_OBJ_BEGIN' ? 'object key string' : 'value'
          mayClose = true
        } else if (isScalar(token)) expected = afterValue(open.at(-1))
        else return fault
        break
      case 'object key string':
        if (token.kind !== 'T_STRING') return fault
        expected = 'colon'
        break
      case 'colon':
        if (token.kind !== 'T_COLON') return fault
        expected = 'value'
        break
      case 'comma or object end':
      case 'comma or array end':
        if (token.kind !== 'T_COMMA') return fault
        expected = open.at(-1) === 'object' ? 'object key string' : 'value'
        break
      case 'the end':
      case 'less nesting':
        return token.kind === 'T_END' ? undefined : fault
    }
  }
}

/** `Expected comma or object end but found "，" (U+FF0C FULLWIDTH COMMA) at line 3 column 21 (character 58)` */
export function describeJsonFault (text: string, { expected, token }: JsonFault): string {
  const where = placeOf(text, token.start)
  if (expected === 'less nesting') return `Found too many nested data structures (${maxDepth + 1}) at ${where}`
  return `Expected ${expected} but found ${token.kind === 'invalid' ? foundIn(text, token) : token.kind} at ${where}`
}

function isScalar (token: JsonToken): boolean {
  return token.kind === 'T_STRING' || token.kind === 'T_NUMBER' || token.kind === 'T_BOOLEAN' || token.kind === 'T_NULL'
}

function afterValue (container: 'object' | 'array' | undefined): JsonFault['expected'] {
  return container === undefined ? 'the end' : `comma or ${container} end`
}

function foundIn (text: string, token: JsonToken & { kind: 'invalid' }): string {
  return token.problem ?? nameCharacter(text.codePointAt(token.start) ?? 0)
}

// Lines, columns and characters count from 1, a character being a Unicode code point.
function placeOf (text: string, at: number): string {
  const before = text.slice(0, at)
  const lines = before.split(/\r\n|\r|\n/)
  return `line ${lines.length} column ${countCharacters(lines.at(-1) ?? '') + 1} (character ${countCharacters(before) + 1})`
}

function countCharacters (text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)
}
