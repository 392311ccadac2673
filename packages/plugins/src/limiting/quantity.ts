import { Type } from '@sinclair/typebox'
import { compileTemplate, type TemplateContext } from '../template/compile-template.ts'

export type Quantity = number | string

/** A whole number, or a template of one. The words of a refusal are APISIX's: `value should match only one schema, but matches none`. */
export function QuantitySchema (least: 0 | 1, description: string) {
  const integer = least === 0 ? { type: 'integer', minimum: 0 } : { type: 'integer', exclusiveMinimum: 0 }
  return Type.Unsafe<Quantity>({ oneOf: [integer, { type: 'string' }], description })
}

/** The number for a request; undefined when the template does not come to a whole number from `least` to 2^53 - 1. */
export function compileQuantity (quantity: Quantity, least: 0 | 1): (context: TemplateContext) => number | undefined {
  if (typeof quantity === 'number') return () => quantity
  const render = compileTemplate(quantity)
  return context => parseQuantity(render(context), least)
}

/** A text that names no variable and is no number will never be one. */
export function isHopeless (quantity: Quantity | undefined, least: 0 | 1): boolean {
  return typeof quantity === 'string' && !quantity.includes('$') && parseQuantity(quantity, least) === undefined
}

function parseQuantity (text: string, least: number): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return number >= least && number <= Number.MAX_SAFE_INTEGER ? number : undefined
}
