import { isUtf8 } from 'node:buffer'
import type { PatternOption } from '../../regex/compile-pattern.ts'
import { compileSubstitution, type CompiledSubstitution } from '../../regex/substitution.ts'
import type { BodyFilter } from './schema.ts'

/** The sentence that is told to who writes a filter that cannot run. */
export function findFilterFault (filters: readonly BodyFilter[]): string | undefined {
  for (const filter of filters) {
    const compiled = compile(filter)
    if (compiled.kind === 'refused') return `regex "${filter.regex}" validation failed: ${compiled.reason}`
  }
  return undefined
}

/**
 * Compiles filters that `findFilterFault` had nothing against: all of them, one after the other. A body in UTF-8 is read as
 * text, any other one with a character for each octet, so that what no filter matches stays as it is.
 */
export function compileBodyFilters (filters: readonly BodyFilter[]): (body: Buffer) => Buffer {
  const replacements = filters.flatMap(filter => {
    const compiled = compile(filter)
    if (compiled.kind === 'refused') return []
    const { substitution } = compiled
    return [filter.scope === 'global'
      ? (text: string) => substitution.everywhere(text)
      : (text: string) => substitution.once(text)?.text ?? text]
  })
  return body => {
    const encoding = isUtf8(body) ? 'utf8' : 'latin1'
    const text = body.toString(encoding)
    const replaced = replacements.reduce((current, replace) => replace(current), text)
    return replaced === text ? body : Buffer.from(replaced, encoding)
  }
}

function compile ({ regex, replace, options }: BodyFilter): CompiledSubstitution {
  const unknown = /[^imsuxjo]/.exec(options)?.[0]
  if (unknown !== undefined) return { kind: 'refused', reason: `unknown option "${unknown}"` }
  const meant = (['i', 'm', 's', 'u', 'x'] as const satisfies readonly PatternOption[]).filter(option => options.includes(option))
  return compileSubstitution(regex, replace, meant)
}
