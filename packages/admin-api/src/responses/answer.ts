import type { FastifyReply } from 'fastify'

/** A text is sent as it stands, under the same content type: APISIX's clients expect that of `done` and its like. */
export type Answer =
  | { readonly kind: 'json', readonly status: number, readonly body: unknown }
  | { readonly kind: 'text', readonly status: number, readonly text: string }

export function json (status: number, body: unknown): Answer {
  return { kind: 'json', status, body }
}

export function text (status: number, text: string): Answer {
  return { kind: 'text', status, text }
}

/** JSON ends with one line feed. It leaves as bytes, because Fastify adds a charset to JSON that it writes itself. */
export function send (reply: FastifyReply, answer: Answer): FastifyReply {
  const content = answer.kind === 'json' ? `${JSON.stringify(answer.body)}\n` : answer.text
  return reply.code(answer.status).header('content-type', 'application/json').send(Buffer.from(content))
}
