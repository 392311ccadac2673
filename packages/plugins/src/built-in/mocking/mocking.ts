import { setTimeout as wait } from 'node:timers/promises'
import type { PhaseResponse } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { toFieldValue } from '../../header/field-value.ts'
import { findHeaderFault } from '../../header/header-fault.ts'
import { compileTemplate } from '../../template/compile-template.ts'
import { makeExample } from './make-example.ts'
import { MockingSchema, type Mocking } from './schema.ts'
import { toXml } from './to-xml.ts'

/** Answers in the upstream's place, with an example or with what fits a schema. */
export default {
  name: 'mocking',
  version: 0.1,
  priority: 10900,
  schema: MockingSchema,

  check ({ content_type: type, response_status: status, response_headers: headers = {} }) {
    if (status < 200) return 'response_status must be one that ends a request: 200 or above'
    return Object.hasOwn(writers, baseType(type)) ? findHeaderFault({ set: headers }) : 'unsupported content type!'
  },

  create (conf) {
    const answer = compileAnswer(conf)
    return {
      access (context) {
        if (conf.delay === 0) return { kind: 'respond', response: answer(context) }
        return wait(conf.delay * 1000).then(() => ({ kind: 'respond', response: answer(context) }))
      }
    }
  }
} satisfies Plugin<typeof MockingSchema>

const asJson = (value: unknown): string => JSON.stringify(value)
const asXml = (value: unknown): string => toXml('data', value)
const writers: Readonly<Record<string, (value: unknown) => string>> = {
  'application/json': asJson,
  'text/plain': asJson,
  'application/xml': asXml,
  'text/xml': asXml,
  'text/html': () => ''
}

function compileAnswer ({ response_status: status, content_type: type, response_example: example, response_schema: schema = {}, with_mock_header: isMarked, response_headers: more = {} }: Mocking): (context: RequestContext) => PhaseResponse {
  const write = writers[baseType(type)] ?? asJson
  const render = example === undefined ? () => write(makeExample(schema)) : compileTemplate(example)
  const fields = Object.entries(more).map(([name, value]) => [name, compileTemplate(String(value))] as const)
  return context => ({
    status,
    headers: {
      'Content-Type': type,
      ...(isMarked ? { 'x-mock-by': 'clinch' } : {}),
      ...Object.fromEntries(fields.map(([name, value]) => [name, toFieldValue(value(context))]))
    },
    body: render(context)
  })
}

function baseType (type: string): string {
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
