import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'

const schema = Type.Object({
  max_body_size: Type.Optional(Type.Integer({ minimum: 0, description: 'octets; 0 for any number' }))
})

const tooLarge: PhaseResult = Object.freeze({ kind: 'respond', response: { status: 413 } })

/** Limits the body of requests, in the place of `client_max_body_size`. */
export default {
  name: 'client-control',
  version: 0.1,
  priority: 22000,
  schema,

  create ({ max_body_size: maxBytes }) {
    if (maxBytes === undefined) return {}
    const limitBytes = maxBytes === 0 ? Infinity : maxBytes
    return {
      rewrite (context) {
        if (Number(context.headers.get('content-length') ?? 0) > limitBytes) return tooLarge
        context.limitBody(limitBytes)
        return CONTINUE
      }
    }
  }
} satisfies Plugin<typeof schema>
