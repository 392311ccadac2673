import { compilePattern } from '../../regex/compile-pattern.ts'

/** What is said to a request of that origin, of which there may be none; undefined: the origin is not allowed. */
export type OriginRule = (origin: string | undefined) => string | undefined

/** A list as it is configured: `*` for every origin, `**` for the very one of the request, else the origins by name. */
export function compileOrigins (origins: string): OriginRule {
  if (origins === '*') return () => '*'
  if (origins === '**') return origin => origin ?? '*'
  const allowed = new Set(origins.split(','))
  return origin => origin !== undefined && allowed.has(origin) ? origin : undefined
}

/** The origins that one of these patterns matches; those that cannot run are told by `findPatternFault`. */
export function compileOriginPatterns (sources: readonly string[]): OriginRule {
  const patterns = sources.flatMap(source => {
    const compiled = compilePattern(source)
    return compiled.kind === 'compiled' ? [compiled.pattern] : []
  })
  return origin => origin !== undefined && patterns.some(pattern => pattern.test(origin)) ? origin : undefined
}

export function findPatternFault (property: string, sources: readonly string[] = []): string | undefined {
  for (const source of sources) {
    const compiled = compilePattern(source)
    if (compiled.kind === 'refused') return `invalid ${property}(${source}): ${compiled.reason}`
  }
  return undefined
}
