import type { PhaseResponse } from '@clinch/plugins'
import { errorPage } from './error-page.ts'
import { withCharset } from './response-fields.ts'

/** An answer of the gateway's own, ready to be sent. */
export interface GatewayAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly fields: string[]
  readonly body: Buffer | undefined
}

export const noRoute: PhaseResponse = { status: 404, body: { error_msg: '404 Route Not Found' } }

/**
 * A plugin's answer, or with nothing but a status the built-in page for it (data-plane.md 3.3, 5.8).
 *
 * @param mayClose - the protocol has a connection to end: HTTP/1
 */
export function gatewayAnswer (response: PhaseResponse, serverToken: string, mayClose: boolean): GatewayAnswer {
  const fields = ['Server', serverToken]
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (framing.has(name.toLowerCase())) continue
    for (const line of typeof value === 'string' ? [value] : value) fields.push(name, line)
  }
  if (response.body !== undefined) return withBody(response.status, fields, bytesOf(response.body))
  const page = errorPage(response.status)
  if (page.closes && mayClose) fields.push('Connection', 'close')
  if (page.body === undefined) return withLength(page.status, fields, undefined)
  drop(fields, 'content-type')
  fields.push('Content-Type', 'text/html; charset=utf-8')
  return withLength(page.status, fields, page.body)
}

function withBody (status: number, fields: string[], body: Buffer): GatewayAnswer {
  const at = indexOf(fields, 'content-type')
  if (at === -1) fields.push('Content-Type', 'text/plain; charset=utf-8')
  else fields[at + 1] = withCharset(fields[at + 1] ?? '')
  return withLength(status, fields, body)
}

function withLength (status: number, fields: string[], body: Buffer | undefined): GatewayAnswer {
  if (status === 204 || status === 304) return { status, fields, body: undefined }
  fields.push('Content-Length', String(body?.length ?? 0))
  return { status, fields, body }
}

function bytesOf (body: NonNullable<PhaseResponse['body']>): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`)
}

const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'trailer', 'upgrade'])

function drop (fields: string[], name: string): void {
  const at = indexOf(fields, name)
  if (at !== -1) fields.splice(at, 2)
}

function indexOf (fields: readonly string[], name: string): number {
  for (let at = 0; at < fields.length; at += 2) if (fields[at]?.toLowerCase() === name) return at
  return -1
}
