import type { IncomingMessage } from 'node:http'
import { AdminError } from '../errors.ts'

export const maxBodyBytes = 1_572_864

/**
 * The body as text, empty when there is none.
 *
 * @param maxBytes - 1.5 MiB unless told
 * @throws AdminError ADMIN_ERR_BODY_INVALID over that; told from `Content-Length`, if there is one, without reading
 */
export async function readBody (request: IncomingMessage, maxBytes = maxBodyBytes): Promise<string> {
  refuseOver(maxBytes, Number(request.headers['content-length'] ?? 0))
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) { // the answer goes out over this socket
    size += (chunk as Buffer).length // a stream without an encoding gives buffers
    refuseOver(maxBytes, size)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refuseOver (maxBytes: number, size: number): void {
  if (size <= maxBytes) return
  const sentence = `invalid request body: request size ${size} is greater than the maximum size ${maxBytes} allowed`
  throw new AdminError('ADMIN_ERR_BODY_INVALID', { error_msg: sentence })
}
