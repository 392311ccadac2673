import type { Writable } from 'node:stream'
import type { RequestBody } from './request-body.ts'

export interface SendBodyEvents {
  /** Something of it goes out. */
  readonly onPart: () => void
  /** It does not come to its end. */
  readonly onFailure: (err: Error) => void
}

/** Sends a request's body as fast as a node takes it, and ends the node's stream with it. */
export function sendBody (body: RequestBody, node: Writable, { onPart, onFailure }: SendBodyEvents): void {
  body.on('data', (chunk: Buffer) => {
    if (node.destroyed) return
    onPart()
    if (!node.write(chunk)) body.pause()
  })
  body.on('end', () => node.end())
  body.on('error', onFailure)
  node.on('drain', () => body.resume())
  body.resume()
}
