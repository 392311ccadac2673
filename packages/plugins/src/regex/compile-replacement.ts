export type CompiledReplacement =
  | { readonly kind: 'compiled', readonly replace: (match: RegExpExecArray) => string }
  | { readonly kind: 'refused', readonly reason: string }

/** `$1`, `${1}`, `$0` for the whole match, `$$` for a dollar; a group that took no part is empty (plugins.md 2.8). */
export function compileReplacement (text: string): CompiledReplacement {
  const parts: Array<string | number> = []
  let end = 0
  for (const match of text.matchAll(/\$(?:(\$)|(\d+)|\{(\d+)\}|)/g)) {
    const group = match[2] ?? match[3]
    if (group === undefined && match[1] === undefined) return { kind: 'refused', reason: 'a "$" must be followed by a number, or be written "$$"' }
    parts.push(text.slice(end, match.index), group === undefined ? '$' : Number(group))
    end = match.index + match[0].length
  }
  parts.push(text.slice(end))
  return { kind: 'compiled', replace: match => parts.map(part => typeof part === 'string' ? part : match[part] ?? '').join('') }
}
