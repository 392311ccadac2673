import { compileSubstitution, type Substitution } from '../../regex/substitution.ts'

/** The sentence that is told to who writes a `regex_uri` that cannot run. */
export function findRegexFault (entries: readonly string[]): string | undefined {
  if (entries.length % 2 !== 0) return 'The length of regex_uri should be an even number'
  for (const [source, replacement] of pairsOf(entries)) {
    const compiled = compileSubstitution(source, replacement)
    if (compiled.kind === 'refused') return `invalid regex_uri(${source}, ${replacement}): ${compiled.reason}`
  }
  return undefined
}

/** Compiles pairs that `findRegexFault` had nothing against; the others are left out. */
export function parseRegexPairs (entries: readonly string[]): Substitution[] {
  return pairsOf(entries).flatMap(([source, replacement]) => {
    const compiled = compileSubstitution(source, replacement)
    return compiled.kind === 'compiled' ? [compiled.substitution] : []
  })
}

function pairsOf (entries: readonly string[]): Array<readonly [string, string]> {
  return entries.flatMap((source, at) => at % 2 === 0 ? [[source, entries[at + 1] ?? ''] as const] : [])
}
