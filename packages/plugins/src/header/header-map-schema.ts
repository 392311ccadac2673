/** JSON Schema of a value of a header. */
export const headerValueSchema = { type: ['string', 'number'] }

/** JSON Schema of a map of header names to single values, with at least one entry (plugins.md 2.1). */
export const headerMapSchema = {
  type: 'object',
  minProperties: 1,
  patternProperties: { '^[^:]+$': headerValueSchema }
}
