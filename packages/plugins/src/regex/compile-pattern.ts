import { boundedPattern } from './bounded-pattern.ts'
import { foldCase } from './fold-case.ts'

export type CompiledPattern =
  | { readonly kind: 'compiled', readonly pattern: RegExp }
  | { readonly kind: 'refused', readonly reason: string }

/** As PCRE's letters: case-insensitive, `^` and `$` at every line, `.` for line feeds too, white space and comments left out, UTF-8. */
export type PatternOption = 'i' | 'm' | 's' | 'x' | 'u'

/**
 * A regular expression written for PCRE as one of JavaScript, unanchored and case-sensitive. What means the same is
 * translated; what has no counterpart is refused with the reason, never run with another meaning (plugins.md 2.8).
 * Its time is bounded: see boundedPattern.
 *
 * @param options - those that are on from the start; a pattern can switch on `i`, `m`, `s` itself with `(?i)`
 */
export function compilePattern (source: string, options: readonly PatternOption[] = []): CompiledPattern {
  try {
    const { flags: ownFlags, body: written } = takeLeadingFlags(source)
    const flags = [...new Set([...ownFlags, ...options])].filter(flag => flag !== 'x').join('')
    const body = options.includes('x') ? withoutLayout(written) : written
    const translated = translate(body, flags)
    const folds = flags.includes('i') && !/\\(?:[1-9]|k<)/.test(translated)
    return { kind: 'compiled', pattern: folds ? boundedPattern(foldCase(translated), flags.replace('i', '')) : boundedPattern(translated, flags) }
  } catch (err) {
    return { kind: 'refused', reason: err instanceof Error ? err.message : String(err) }
  }
}

function takeLeadingFlags (source: string): { flags: string, body: string } {
  const [whole, flags = ''] = /^\(\?([a-z]+)\)/.exec(source) ?? ['']
  if (/[^ims]/.test(flags)) throw new SyntaxError(`the option (?${flags}) is not supported`)
  return { flags: [...new Set(flags)].join(''), body: source.slice(whole.length) }
}

// Longest first; each is tried where the text stands, outside and inside of a bracket expression.
const outside: ReadonlyArray<readonly [RegExp, string | ((match: RegExpExecArray) => string)]> = [
  [/\\Q([\s\S]*?)(?:\\E|$)/y, match => (match[1] ?? '').replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')],
  [/\\Z/y, '(?=\\n?(?![\\s\\S]))'],
  [/\\R/y, '(?:\\r\\n|[\\n\\v\\f\\r])'],
  [/\\h/y, '[ \\t]'],
  [/\\H/y, '[^ \\t]'],
  [/\\k<\w+>/y, match => match[0]],
  [/\(\?P</y, '(?<'],
  [/\(\?P=(\w+)\)/y, match => `\\k<${match[1]}>`],
  [/\(\?#[^)]*\)/y, ''],
  [/\(\?>/y, () => refuse('an atomic group')],
  [/\(\*/y, () => refuse('a verb')],
  [/\(\?(?:[R&|(0-9+-]|P>)/y, () => refuse('this kind of group')]
]
const inside: typeof outside = [
  [/\[:(\^?\w+):\]/y, match => posixClasses[match[1] ?? ''] ?? refuse(`the class [:${match[1]}:]`)],
  [/\\h/y, ' \\t'],
  [/\\b/y, '\\b']
]
const anywhere: typeof outside = [
  [/\\x\{([0-9a-fA-F]{1,4})\}/y, match => `\\u${(match[1] ?? '').padStart(4, '0')}`],
  [/\\a/y, '\\x07'],
  [/\\e/y, '\\x1b'],
  [/\\(?:[dDwWsSbBnrtfv0-9]|x[0-9a-fA-F]{2}|c[a-zA-Z])/y, match => match[0]],
  [/\\([a-zA-Z])/y, match => refuse(`\\${match[1]}`)],
  [/\\([\s\S])/y, match => escaped(match[1] ?? '')]
]
// `^` and `$` say the same, but for lines
const wholeText: typeof outside = [[/\\A/y, '^'], [/\\z/y, '$']]
const wholeTextOfLines: typeof outside = [[/\\A/y, '(?<![\\s\\S])'], [/\\z/y, '(?![\\s\\S])']]
const rulesInside = [...inside, ...anywhere]
const rulesOutside = [...outside, ...anywhere]
const posixClasses: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t', word: '\\w', xdigit: '0-9a-fA-F', punct: '!-\\/:-@\\[-`{-~'
}

function translate (source: string, flags: string): string {
  let translated = ''
  let isInside = false
  const outsideRules = [...flags.includes('m') ? wholeTextOfLines : wholeText, ...rulesOutside]
  for (let at = 0; at < source.length;) {
    const token = nextToken(source, at, isInside ? rulesInside : outsideRules)
    if (token !== undefined) {
      translated += token.text
      at = token.end
      continue
    }
    const [opening] = isInside ? [''] : /^\[\^?\]?/.exec(source.slice(at)) ?? ['']
    if (opening !== '') {
      translated += opening.replace(']', '\\]') // a bracket that comes first stands for itself
      isInside = true
      at += opening.length
      continue
    }
    const char = source.charAt(at++)
    if (char === ']') isInside = false
    translated += char === '.' && !isInside && !flags.includes('s') ? '[^\\n]' : char
  }
  return translated
}

function nextToken (source: string, at: number, rules: typeof outside): { text: string, end: number } | undefined {
  for (const [rule, replacement] of rules) {
    rule.lastIndex = at
    const match = rule.exec(source)
    if (match !== null) return { text: typeof replacement === 'string' ? replacement : replacement(match), end: at + match[0].length }
  }
  return undefined
}

// With the option `u` JavaScript lets only some characters be escaped without need.
function escaped (char: string): string {
  if (char > '~') return char
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

// Outside of brackets the option `x` leaves white space out, and what follows `#` to the end of the line.
function withoutLayout (source: string): string {
  return source.replace(/(\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\])|\s+|#[^\n]*/g, '$1')
}

function refuse (what: string): never {
  throw new SyntaxError(`${what} is not supported`)
}
