import type { RequestContext } from '../../contract/request-context.ts'
import { compileHeaderEdits, type HeaderEdits } from '../../header/header-edits.ts'
import type { TemplateContext } from '../../template/compile-template.ts'
import type { Headers } from './schema.ts'

/** Both forms of `headers` as one; the older one is a plain map and means `set`. */
export function editsOf (headers: Headers | undefined): HeaderEdits {
  if (headers === undefined) return {}
  // the schema's oneOf lets an object or array stand only in the newer form
  const isNewForm = Object.values(headers).some(value => typeof value === 'object')
  return isNewForm ? headers as HeaderEdits : { set: headers as NonNullable<HeaderEdits['set']> }
}

/** Compiles `headers` for the request towards the upstream; in values `$1` is a capture of `regex_uri`. */
export function compileHeaders (headers: Headers | undefined): (context: RequestContext, captures: RegExpExecArray | undefined) => void {
  if (headers === undefined) return () => {}
  const edit = compileHeaderEdits(editsOf(headers))
  return (context, captures) => edit(context.upstream.headers, captures === undefined ? context : withCaptures(context, captures))
}

function withCaptures (context: RequestContext, captures: RegExpExecArray): TemplateContext {
  return {
    variable: name => (/^\d+$/.test(name) ? captures[Number(name)] : captures.groups?.[name]) ?? context.variable(name)
  }
}
