import { isFieldName } from './field-name.ts'
import { isFieldValue } from './field-value.ts'
import type { HeaderEdits } from './header-edits.ts'

/** What a schema cannot say of header names and values. */
export function findHeaderFault ({ add = {}, set = {}, remove = [] }: HeaderEdits): string | undefined {
  const names = [...Object.keys(add), ...Object.keys(set), ...remove]
  if (names.includes('')) return 'invalid field length in header'
  if (!names.every(isFieldName)) return 'invalid field character in header'
  const values = [...Object.values(add), ...Object.values(set)].flat()
  return values.every(value => isFieldValue(String(value))) ? undefined : 'invalid value character in header'
}
