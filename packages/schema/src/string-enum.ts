import { Type, type TUnsafe } from '@sinclair/typebox'

/** A closed set of strings as one `enum` keyword, so that a wrong value earns one complaint and not one per member. */
export function StringEnum<const Values extends readonly string[]> (
  values: Values,
  options: { default?: Values[number], description?: string } = {}
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options })
}
