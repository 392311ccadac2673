import { compilePattern } from '../../regex/compile-pattern.ts'
import { compileReplacement } from '../../regex/compile-replacement.ts'

export interface RegexPair {
  readonly pattern: RegExp
  readonly replace: (match: RegExpExecArray) => string
}

/** The sentence that is told to who writes a `regex_uri` that cannot run. */
export function findRegexFault (entries: readonly string[]): string | undefined {
  if (entries.length % 2 !== 0) return 'The length of regex_uri should be an even number'
  for (const [source, replacement] of pairsOf(entries)) {
    for (const compiled of [compilePattern(source), compileReplacement(replacement)]) {
      if (compiled.kind === 'refused') return `invalid regex_uri(${source}, ${replacement}): ${compiled.reason}`
    }
  }
  return undefined
}

/** Compiles pairs that `findRegexFault` had nothing against; the others are left out. */
export function parseRegexPairs (entries: readonly string[]): RegexPair[] {
  return pairsOf(entries).flatMap(([source, text]) => {
    const pattern = compilePattern(source)
    const replacement = compileReplacement(text)
    return pattern.kind === 'compiled' && replacement.kind === 'compiled' ? [{ pattern: pattern.pattern, replace: replacement.replace }] : []
  })
}

function pairsOf (entries: readonly string[]): Array<readonly [string, string]> {
  return entries.flatMap((source, at) => at % 2 === 0 ? [[source, entries[at + 1] ?? ''] as const] : [])
}
