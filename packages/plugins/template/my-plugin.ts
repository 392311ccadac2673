import { compileTemplate, CONTINUE, Type, WithDefault, type Plugin } from '@clinch/plugins'

// What stands under "my-plugin" on a route, as JSON Schema. A misspelt member is refused.
const schema = Type.Object({
  greeting: WithDefault(Type.String({ minLength: 1, maxLength: 256, default: 'hello, $remote_addr' })),
  required_field: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]+$', description: 'a request without it is refused' }))
}, { additionalProperties: false })

/** Greets in a field of every answer, and refuses who leaves out a field of the request. */
export default {
  name: 'my-plugin',
  version: 0.1,
  priority: 100, // higher runs first
  schema,

  // What the schema cannot say: a sentence for whoever sends the configuration, or nothing.
  check ({ greeting }) {
    return /[\r\n]/.test(greeting) ? 'greeting must be one line' : undefined
  },

  // Once for each configuration: what does not depend on the request is done here.
  create ({ greeting, required_field: requiredField }, host) {
    const render = compileTemplate(greeting)
    const refusal = { kind: 'respond', response: { status: 401, body: { message: `the field ${requiredField} is missing` } } } as const

    // For each request, one after the other: CONTINUE, or an answer in place of the upstream's.
    return {
      access (context) {
        if (requiredField === undefined || context.headers.has(requiredField)) return CONTINUE
        host.log.info({ reqId: context.id }, 'a field is missing')
        return refusal
      },

      headerFilter (context, response) {
        response.headers.set('X-Greeting', render(context))
      }
    }
  }
} satisfies Plugin<typeof schema>
