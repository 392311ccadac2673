import type { HeaderList } from '../../contract/header-list.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { toFieldValue } from '../../header/field-value.ts'
import { compileTemplate, type TemplateContext } from '../../template/compile-template.ts'
import type { HeaderEdits, HeaderValue, Headers } from './schema.ts'

/** Compiles add, set and remove, in that order. Values are templates in which `$1` is a capture of `regex_uri`. */
export function compileHeaderEdits (headers: Headers | undefined): (context: RequestContext, captures: RegExpExecArray | undefined) => void {
  const { add = {}, set = {}, remove = [] } = editsOf(headers)
  const additions = compileFields(add)
  const settings = compileFields(set)
  return (context, captures) => {
    if (additions.length === 0 && settings.length === 0 && remove.length === 0) return
    const list: HeaderList = context.upstream.headers
    const source = captures === undefined ? context : withCaptures(context, captures)
    for (const { name, values } of additions) {
      for (const render of values) list.append(name, toFieldValue(render(source)))
    }
    for (const { name, values } of settings) list.set(name, values.map(render => toFieldValue(render(source))))
    for (const name of remove) list.delete(name)
  }
}

/** Both forms of `headers` as one. */
export function editsOf (headers: Headers | undefined): HeaderEdits {
  if (headers === undefined) return {}
  // the schema's oneOf lets an object or array stand only in the newer form
  const isNewForm = Object.values(headers).some(value => typeof value === 'object')
  return isNewForm ? headers as HeaderEdits : { set: headers as Readonly<Record<string, HeaderValue>> }
}

interface Field { readonly name: string, readonly values: ReadonlyArray<(context: TemplateContext) => string> }

function compileFields (fields: NonNullable<HeaderEdits['set']>): Field[] {
  return Object.entries(fields).map(([name, value]) => ({
    name,
    values: [value].flat().map(one => compileTemplate(String(one)))
  }))
}

function withCaptures (context: RequestContext, captures: RegExpExecArray): TemplateContext {
  return {
    variable: name => (/^\d+$/.test(name) ? captures[Number(name)] : captures.groups?.[name]) ?? context.variable(name)
  }
}
