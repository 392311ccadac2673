import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { Static, TSchema } from '@sinclair/typebox'
import { validateAsLua } from './empty-containers.ts'
import { firstIssue, type ValidationIssue } from './message.ts'
import { exemptReferences } from './reference-keywords.ts'

export type Validation<T> =
  | { readonly kind: 'valid', readonly value: T }
  | { readonly kind: 'invalid', readonly issue: ValidationIssue }

/**
 * The check of a schema, compiled once, with the first value: a gateway has some hundred schemas and meets objects of a
 * few. The value is never changed: with `fillDefaults` a copy is made, filled with the schema's defaults and returned;
 * without, the value itself is returned and judged as if its defaults stood in it.
 */
export function compileValidator<Schema extends TSchema> (
  schema: Schema,
  options: { fillDefaults: boolean }
): (value: unknown) => Validation<Static<Schema>> {
  let validate: ValidateFunction | undefined
  return value => {
    validate ??= compile(schema)
    const copy: { root: unknown } = { root: structuredClone(value) }
    const issue = firstIssue(validateAsLua(validate, copy))
    if (issue !== undefined) return { kind: 'invalid', issue }
    return { kind: 'valid', value: (options.fillDefaults ? copy.root : value) as Static<Schema> }
  }
}

/** For schemas that are not our own. @throws Error that says why the schema is none */
export function assertSchema (schema: TSchema): void {
  if (ajv().validateSchema(schema) !== true) throw new Error(ajv().errorsText(undefined, { dataVar: 'schema' }))
  compile(schema)
}

// Ajv keeps what it compiles for good, and a reload of the plugins makes new schemas: here they go with their owner.
const compiled = new WeakMap<TSchema, ValidateFunction>()

function compile (schema: TSchema): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const validate = ajv().compile(schema)
  ajv().removeSchema(schema)
  compiled.set(schema, validate)
  return validate
}

let shared: Ajv | undefined

function ajv (): Ajv {
  if (shared === undefined) {
    // unicodeRegExp: APISIX's patterns (`[0-9-_]`) are not legal under the `u` flag. validateSchema: our own schemas are tested, and
    // to compile the schema of schemas takes a start longer than all of them
    shared = new Ajv({ allErrors: true, verbose: true, strict: false, useDefaults: true, unicodeRegExp: false, allowUnionTypes: true, addUsedSchema: false, validateSchema: false })
    ;(formats as unknown as (ajv: Ajv) => void)(shared) // the package's types describe its CommonJS face
    exemptReferences(shared)
  }
  return shared
}
