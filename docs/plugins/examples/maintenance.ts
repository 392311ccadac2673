import { CONTINUE, Type, type PhaseResult, type Plugin } from '@clinch/plugins'

// What stands under "maintenance" on a route.
const schema = Type.Object({
  message: Type.String({ minLength: 1, maxLength: 1024 }),
  until: Type.Optional(Type.String({ description: 'when it is over, such as 2026-07-01T06:00:00Z' }))
})

// What stands under plugin_attr.maintenance in config.yaml.
const attrSchema = Type.Object({
  pass_header: Type.String({ pattern: '^[A-Za-z0-9-]+$', default: 'X-Maintenance-Pass' })
})

/** Answers 503 in place of the upstream until the work is over; who sends the pass gets through. */
export default {
  name: 'maintenance',
  version: 1,
  priority: 2950,
  schema,
  attrSchema,

  check ({ until }) {
    return until !== undefined && Number.isNaN(Date.parse(until)) ? `until is no time: ${until}` : undefined
  },

  create ({ message, until }, host) {
    // Once for each configuration, not for each request.
    const endMs = until === undefined ? Infinity : Date.parse(until)
    const headers = until === undefined ? {} : { 'Retry-After': new Date(endMs).toUTCString() }
    const refusal: PhaseResult = { kind: 'respond', response: { status: 503, headers, body: { message } } }

    return {
      access (context) {
        if (host.now() >= endMs || context.headers.has(host.attr.pass_header)) return CONTINUE
        return refusal
      },
      headerFilter (context, response) {
        if (host.now() < endMs) response.headers.set('X-Maintenance', 'on')
      }
    }
  }
} satisfies Plugin<typeof schema, typeof attrSchema>
