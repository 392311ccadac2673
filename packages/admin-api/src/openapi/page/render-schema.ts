import { isJsonObject } from '../../json.ts'
import type { Schema } from '../openapi-document.ts'
import { html, inlineCode, type Html } from './html.ts'

/** A schema in words: its type, its members in a table, what bounds it. */
export function renderSchema (schema: Schema): Html {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) ?? ''
    return html`<a href="#schema-${name}">${name}</a>`
  }
  const { items, properties, description } = schema
  const members = isJsonObject(properties) ? Object.entries(properties) : []
  return html`${wordsOf(schema)}${typeof description === 'string' ? html` <span class="note">${inlineCode(description)}</span>` : undefined}${
    isJsonObject(items) ? html` of ${renderSchema(items)}` : undefined}${members.length > 0 ? memberTable(members, requiredOf(schema)) : undefined}${choicesOf(schema)}`
}

function memberTable (members: ReadonlyArray<readonly [name: string, schema: unknown]>, required: readonly unknown[]): Html {
  const rows = members.map(([name, schema]) =>
    html`<tr><th><code>${name}</code>${required.includes(name) ? html`<b title="required"> *</b>` : undefined}</th><td>${isJsonObject(schema) ? renderSchema(schema) : 'any'}</td></tr>`)
  return html`<table>${rows}</table>`
}

function requiredOf ({ required }: Schema): readonly unknown[] {
  return Array.isArray(required) ? required : []
}

// Choices between types are told; choices that only say what is required stand in the JSON below.
function choicesOf (schema: Schema): Html | undefined {
  const choices = [schema['anyOf'], schema['oneOf']].flat().filter(isJsonObject).filter(choice => ['type', '$ref', 'enum', 'format', 'pattern', 'title'].some(keyword => keyword in choice))
  if (choices.length === 0) return undefined
  return html`<ul>${choices.map(choice => html`<li>${typeof choice['title'] === 'string' ? html`<b>${choice['title']}</b> ` : undefined}${renderSchema(choice)}</li>`)}</ul>`
}

const bounds = {
  default: 'default',
  const: 'is',
  minimum: 'at least',
  exclusiveMinimum: 'above',
  maximum: 'at most',
  minLength: 'length at least',
  maxLength: 'length at most',
  minItems: 'items at least',
  maxItems: 'items at most',
  pattern: 'pattern',
  format: 'format'
} as const

function wordsOf (schema: Schema): Html {
  const { type, enum: values } = schema
  const typeWords = Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : ''
  const told = Object.entries(bounds).flatMap(([keyword, word]) => schema[keyword] === undefined || isJsonObject(schema[keyword]) ? [] : [html`, ${word} <code>${textOf(schema[keyword])}</code>`])
  const among = Array.isArray(values) ? html`: ${values.map((value, index) => html`${index > 0 ? ', ' : ''}<code>${textOf(value)}</code>`)}` : undefined
  return html`${typeWords}${among}${told}`
}

function textOf (value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
