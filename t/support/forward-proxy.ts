import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface ForwardProxy {
  readonly url: string
  readonly port: number
  /** `GET http://host/path` or `CONNECT host:port`, with the credentials that came along. */
  readonly asked: ReadonlyArray<{ readonly line: string, readonly authorization: string | undefined }>
}

/** A forwarding proxy that takes every host to 127.0.0.1 and the port given, as a proxy with its own view of names does. */
export async function createForwardProxy (t: Test, targetPort: number): Promise<ForwardProxy> {
  const asked: Array<{ line: string, authorization: string | undefined }> = []
  const note = ({ method, url, headers }: IncomingMessage) => asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] })
  const server = createServer((incoming, answer) => {
    note(incoming)
    const { pathname, search, host } = new URL(incoming.url ?? '')
    const onward = request({ port: targetPort, host: '127.0.0.1', path: pathname + search, method: incoming.method, headers: { ...incoming.headers, host } }, response => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming: IncomingMessage, client) => {
    note(incoming)
    const onward = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    for (const socket of [client, onward]) socket.on('error', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close().closeAllConnections() })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return { url: `http://127.0.0.1:${port}`, port, asked }
}
