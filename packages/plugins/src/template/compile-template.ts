/** Where a template finds its variables; a `RequestContext` is one. */
export interface TemplateContext {
  variable (name: string): string | undefined
}

export interface Rendered {
  readonly text: string
  /** How many names had a value or a default of their own. */
  readonly resolved: number
}

export interface TemplateOptions {
  /** Applied to each variable's value, not to defaults and the text around, which are the operator's. */
  readonly mapValue?: (value: string) => string
  /** Names are letters, digits and `_` only, so that in `$uri.html` the name ends at the dot, and there are no defaults. */
  readonly plainNames?: boolean
}

/**
 * Compiles `$name`, `${name}` and `${name ?? default}` once (data-plane.md 6.3). A name without a value becomes the
 * empty string; `\$name` stands as it is. What a variable holds is never read as a template again.
 */
export function compileTemplate (text: string, options: TemplateOptions = {}): (context: TemplateContext) => string {
  const render = compileCountingTemplate(text, options)
  return isConstant(text, options) ? () => text : context => render(context).text
}

/** As `compileTemplate`, for those to whom a template of which nothing resolved is no value at all. */
export function compileCountingTemplate (text: string, { mapValue, plainNames = false }: TemplateOptions = {}): (context: TemplateContext) => Rendered {
  const parts = parse(text, plainNames)
  return context => {
    let rendered = ''
    let resolved = 0
    for (const part of parts) {
      if (typeof part === 'string') {
        rendered += part
        continue
      }
      const value = context.variable(part.name)
      if (value !== undefined) rendered += mapValue === undefined ? value : mapValue(value)
      else if (part.fallback !== undefined) rendered += part.fallback
      else continue
      resolved++
    }
    return { text: rendered, resolved }
  }
}

interface Reference { readonly name: string, readonly fallback: string | undefined }

const referencePattern = /(?<!\\)\$(?:\{\s*(?<braced>[\w.]+)\s*(?:\?\?(?<fallback>[^}]*))?\}|(?<bare>[\w.]+))/g
const plainPattern = /(?<!\\)\$(?:\{(?<braced>\w+)\}|(?<bare>\w+))/g

function isConstant (text: string, { plainNames = false }: TemplateOptions): boolean {
  return parse(text, plainNames).every(part => typeof part === 'string')
}

function parse (text: string, plainNames: boolean): Array<string | Reference> {
  const parts: Array<string | Reference> = []
  let end = 0
  for (const match of text.matchAll(plainNames ? plainPattern : referencePattern)) {
    if (match.index > end) parts.push(text.slice(end, match.index))
    const { braced, bare = '', fallback } = match.groups ?? {}
    parts.push({ name: braced ?? bare, fallback: fallback?.trim() })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}
