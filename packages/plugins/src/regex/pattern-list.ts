import { compilePattern } from './compile-pattern.ts'

/**
 * Several patterns, each on its own: an option that one switches on is not the others'. What could not be compiled was
 * refused when it was written (`findBadPattern`).
 *
 * @throws SyntaxError for one that cannot be compiled
 */
export function compilePatternList (sources: readonly string[], options: Parameters<typeof compilePattern>[1] = []): (text: string) => boolean {
  const patterns = sources.map(source => {
    const compiled = compilePattern(source, options)
    if (compiled.kind === 'refused') throw new SyntaxError(compiled.reason)
    return compiled.pattern
  })
  return text => patterns.some(pattern => pattern.test(text))
}

/** The first that cannot be compiled, with the reason. */
export function findBadPattern (sources: readonly string[]): { readonly source: string, readonly reason: string } | undefined {
  for (const source of sources) {
    const compiled = compilePattern(source)
    if (compiled.kind === 'refused') return { source, reason: compiled.reason }
  }
  return undefined
}
