import type { ErrorObject, ValidateFunction } from 'ajv'
import { memberPath } from './json-pointer.ts'

/**
 * Validates, taking `[]` for `{}` and `{}` for `[]` where the schema wants the other: to APISIX they are one value.
 *
 * @param document - replaced in place where it holds the other form
 * @returns the errors that remain
 */
export function validateAsLua (validate: ValidateFunction, document: { root: unknown }): readonly ErrorObject[] {
  const tried = new Set<string>()
  for (;;) {
    if (validate(document.root)) return []
    const errors = validate.errors ?? []
    const mistaken = errors.filter(error => isOtherEmptyForm(error) && !tried.has(error.instancePath))
    if (mistaken.length === 0) return errors
    for (const { instancePath, data } of mistaken) {
      if (!tried.has(instancePath)) replaceAt(document, instancePath, Array.isArray(data) ? {} : [])
      tried.add(instancePath)
    }
  }
}

function isOtherEmptyForm ({ keyword, params, data }: ErrorObject): boolean {
  if (keyword !== 'type' || typeof data !== 'object' || data === null || Object.keys(data).length > 0) return false
  return (params as { type: unknown }).type === (Array.isArray(data) ? 'object' : 'array')
}

function replaceAt (document: { root: unknown }, pointer: string, value: unknown): void {
  const names = ['root', ...memberPath(pointer)]
  const last = names.pop() ?? 'root'
  let holder: Record<string, unknown> = document
  for (const name of names) holder = holder[name] as Record<string, unknown> // Ajv has just walked this path
  holder[last] = value
}
