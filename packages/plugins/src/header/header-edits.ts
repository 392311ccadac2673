import type { HeaderList } from '../contract/header-list.ts'
import { compileTemplate, type TemplateContext } from '../template/compile-template.ts'
import { toFieldValue } from './field-value.ts'

export type HeaderValue = string | number
/** By name, whose case does not matter; several values are several lines. */
export type HeaderMap = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>

export interface HeaderEdits {
  readonly add?: HeaderMap
  readonly set?: HeaderMap
  readonly remove?: readonly string[]
}

/** Carries the edits out on a list; the values' variables are read from `source`. */
export type EditHeaders = (list: HeaderList, source: TemplateContext) => void

/** Compiles add, set and remove, in that order. Values are templates. */
export function compileHeaderEdits ({ add = {}, set = {}, remove = [] }: HeaderEdits): EditHeaders {
  const additions = compileFields(add)
  const settings = compileFields(set)
  return (list, source) => {
    for (const { name, values } of additions) {
      for (const render of values) list.append(name, toFieldValue(render(source)))
    }
    for (const { name, values } of settings) list.set(name, values.map(render => toFieldValue(render(source))))
    for (const name of remove) list.delete(name)
  }
}

interface Field { readonly name: string, readonly values: ReadonlyArray<(context: TemplateContext) => string> }

function compileFields (fields: HeaderMap): Field[] {
  return Object.entries(fields).map(([name, value]) => ({
    name,
    values: [value].flat().map(one => compileTemplate(String(one)))
  }))
}
