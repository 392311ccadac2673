import type { ErrorObject } from 'ajv'
import { memberPath, readSegment } from './json-pointer.ts'
import { reasonOf } from './reason.ts'

export interface ValidationIssue {
  /** Member names and 0-based indexes from the root to the value at fault. */
  readonly path: readonly string[]
  /** The whole sentence, in APISIX's words (docs/errors.md). */
  readonly message: string
}

/**
 * The one complaint that is reported: the first in APISIX's order of keywords, worded from the outside in
 * (`property "upstream" validation failed: property "timeout" validation failed: property "send" is required`).
 */
export function firstIssue (errors: readonly ErrorObject[]): ValidationIssue | undefined {
  const [first] = errors
    .filter(error => !isInsideABranch(error, errors))
    .map(error => ({ error, steps: stepsOf(error) }))
    .sort((a, b) => compareRanks(a.steps, b.steps))
  if (first === undefined) return undefined
  return {
    path: memberPath(first.error.instancePath).concat(memberAtFault(first.error)),
    message: first.steps.map(step => step.text).join('') + reasonOf(first.error)
  }
}

interface Step { readonly rank: number, readonly text: string }

// The order in which APISIX's validator looks at one schema's keywords.
const keywordOrder = [
  ['type'], ['properties', 'items', 'required', 'dependencies'], ['patternProperties', 'additionalProperties'],
  ['minProperties', 'maxProperties'], ['minItems', 'maxItems', 'uniqueItems'], ['minLength', 'maxLength', 'pattern'],
  ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'], ['enum'], ['allOf'], ['anyOf'],
  ['oneOf'], ['if', 'then', 'else'], ['not'], ['format'], ['const']
]
const rankByKeyword = new Map(keywordOrder.flatMap((keywords, rank) => keywords.map(keyword => [keyword, rank] as const)))

// A schema path alternates keywords with what they select: /properties/upstream/required
function stepsOf (error: ErrorObject): Step[] {
  const schemaPath = error.schemaPath.replace(/^#\//, '').split('/').map(segment => readSegment(decodeURIComponent(segment)))
  const instance = memberPath(error.instancePath)
  const steps: Step[] = []
  for (let at = 0; at < schemaPath.length; at++) {
    const keyword = schemaPath[at] ?? ''
    const rank = rankByKeyword.get(keyword) ?? keywordOrder.length
    const selected = schemaPath[at + 1]
    if (selected === undefined || at === schemaPath.length - 1) {
      steps.push({ rank, text: '' })
      break
    }
    switch (keyword) {
      case 'properties':
        steps.push({ rank, text: `property "${selected}" validation failed: ` })
        instance.shift()
        at++
        break
      case 'items':
        steps.push({ rank, text: `failed to validate item ${Number(instance.shift()) + 1}: ` })
        break
      case 'patternProperties':
        steps.push({ rank, text: `failed to validate ${instance.shift()} (matching "${selected}"): ` })
        at++
        break
      case 'additionalProperties':
        steps.push({ rank, text: `failed to validate ${instance.shift()} (matching ".*"): ` })
        break
      case 'dependencies':
        steps.push({ rank, text: error.keyword === 'dependencies' ? '' : `failed to validate dependent schema for "${selected}": ` })
        at++
        break
      case 'allOf':
        steps.push({ rank, text: `allOf ${Number(selected) + 1} failed: ` })
        at++
        break
      default:
        steps.push({ rank, text: '' })
    }
  }
  return steps
}

function compareRanks (a: readonly Step[], b: readonly Step[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at]?.rank ?? 0) - (b[at]?.rank ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

// What a branch of anyOf, oneOf, if or not complains of is not reported: the whole choice is.
function isInsideABranch (error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return errors.some(choice => {
    if (choice === error) return false
    if (choice.keyword === 'if') {
      const base = choice.schemaPath.slice(0, -'if'.length)
      return error.schemaPath.startsWith(`${base}then/`) || error.schemaPath.startsWith(`${base}else/`)
    }
    return ['anyOf', 'oneOf', 'not'].includes(choice.keyword) &&
      error.schemaPath.startsWith(`${choice.schemaPath}/`) && error.instancePath.startsWith(choice.instancePath)
  })
}

function memberAtFault ({ keyword, params }: ErrorObject): string[] {
  if (keyword === 'required') return [String(params['missingProperty'])]
  if (keyword === 'additionalProperties') return [String(params['additionalProperty'])]
  return []
}
