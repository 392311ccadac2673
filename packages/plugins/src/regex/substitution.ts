import { compilePattern, type PatternOption } from './compile-pattern.ts'
import { compileReplacement } from './compile-replacement.ts'

export interface Substituted {
  readonly text: string
  readonly match: RegExpExecArray
}

/** A pattern with what takes the place of what it matches. */
export interface Substitution {
  /** Replaces the first match; undefined when there is none. */
  once (text: string): Substituted | undefined
  /** Replaces every match. */
  everywhere (text: string): string
}

export type CompiledSubstitution =
  | { readonly kind: 'compiled', readonly substitution: Substitution }
  | { readonly kind: 'refused', readonly reason: string }

/**
 * Compiles a pattern and its replacement, in which `$1`, `${1}` and `$0` are captures and `$$` is a dollar.
 */
export function compileSubstitution (source: string, replacement: string, options: readonly PatternOption[] = []): CompiledSubstitution {
  const compiled = compilePattern(source, options)
  if (compiled.kind === 'refused') return compiled
  const compiledReplacement = compileReplacement(replacement)
  if (compiledReplacement.kind === 'refused') return compiledReplacement
  const { pattern } = compiled
  const { replace } = compiledReplacement
  const everyMatch = new RegExp(pattern, `${pattern.flags}g`)
  return {
    kind: 'compiled',
    substitution: {
      once (text) {
        const match = pattern.exec(text)
        if (match === null) return undefined
        return { text: text.slice(0, match.index) + replace(match) + text.slice(match.index + match[0].length), match }
      },
      everywhere (text) {
        let replaced = ''
        let end = 0
        for (const match of text.matchAll(everyMatch)) {
          replaced += text.slice(end, match.index) + replace(match)
          end = match.index + match[0].length
        }
        return replaced + text.slice(end)
      }
    }
  }
}
