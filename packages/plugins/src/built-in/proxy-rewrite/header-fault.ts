import { isFieldName } from '../../header/field-name.ts'
import { isFieldValue } from '../../header/field-value.ts'
import { editsOf } from './header-edits.ts'
import type { Headers } from './schema.ts'

/** What the schema cannot say of header names and values. */
export function findHeaderFault (headers: Headers | undefined): string | undefined {
  const { add = {}, set = {}, remove = [] } = editsOf(headers)
  const names = [...Object.keys(add), ...Object.keys(set), ...remove]
  if (names.includes('')) return 'invalid field length in header'
  if (!names.every(isFieldName)) return 'invalid field character in header'
  const values = [...Object.values(add), ...Object.values(set)].flat()
  return values.every(value => isFieldValue(String(value))) ? undefined : 'invalid value character in header'
}
