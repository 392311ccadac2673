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
}

/**
 * Compiles `$name`, `${name}` and `${name ?? default}` once (data-plane.md 6.3). A name without a value becomes the
 * empty string; `\$name` stands as it is. What a variable holds is never read as a template again.
 */
export function compileTemplate (text: string, options: TemplateOptions = {}): (context: TemplateContext) => string {
  const render = compileCountingTemplate(text, options)
  return isConstant(text) ? () => text : context => render(context).text
}

/** As `compileTemplate`, for those to whom a template of which nothing resolved is no value at all. */
export function compileCountingTemplate (text: string, { mapValue }: TemplateOptions = {}): (context: TemplateContext) => Rendered {
  const parts = parse(text)
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

const referencePattern = /(?<!\\)\$(?:\{\s*([\w.]+)\s*(?:\?\?([^}]*))?\}|([\w.]+))/g

function isConstant (text: string): boolean {
  return parse(text).every(part => typeof part === 'string')
}

function parse (text: string): Array<string | Reference> {
  const parts: Array<string | Reference> = []
  let end = 0
  for (const match of text.matchAll(referencePattern)) {
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push({ name: match[1] ?? match[3] ?? '', fallback: match[2]?.trim() })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}
