const raw = Symbol('html')

/** Text that is HTML already. */
export interface Html { readonly [raw]: string }

type Part = string | number | undefined | Html | readonly Html[]

/** A template whose parts are escaped, unless they are HTML already; what is undefined is left out. */
export function html (texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { [raw]: texts.map((text, index) => index === 0 ? text : textOf(parts[index - 1]) + text).join('') }
}

export function htmlText (content: Html): string {
  return content[raw]
}

function textOf (part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escape(part)
  return raw in part ? part[raw] : part.map(each => each[raw]).join('')
}

function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\'', '&#39;')
}

/** Markdown as far as the document uses it: words between backquotes. */
export function inlineCode (text: string): Html {
  const pieces = text.split('`').map((piece, index) => index % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`)
  return html`${pieces}`
}
