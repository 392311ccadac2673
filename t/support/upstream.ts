import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What an upstream got; the echo sends it back as JSON. */
export interface Received {
  readonly method: string
  readonly target: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface UpstreamOptions {
  /** How requests are answered; without it they are echoed. */
  readonly handler?: UpstreamHandler
  /** How upgrades are answered; without it they are accepted and what comes is sent back as it is. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Serves https. */
  readonly tls?: ServerOptions
}

export interface TestUpstream {
  readonly port: number
  /** `127.0.0.1:port`, as a key of `nodes`. */
  readonly node: string
  /** How many requests came, upgrades included. */
  requests (): number
  /** How many connections were accepted. */
  connections (): number
  close (): Promise<void>
}

/** An HTTP/1.1 server on a free port of the loopback. */
export async function startUpstream ({ handler = echo, onUpgrade = echoBytes, tls }: UpstreamOptions = {}): Promise<TestUpstream> {
  let requests = 0
  let connections = 0
  const sockets = new Set<Duplex>()
  const onRequest: UpstreamHandler = (request, response) => {
    requests++
    handler(request, response)
  }
  const server: Server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    requests++
    socket.on('error', () => {})
    onUpgrade(request, socket, head)
  })
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server's
  return {
    port,
    node: `127.0.0.1:${port}`,
    requests: () => requests,
    connections: () => connections,
    async close () {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}

/** A port of the loopback that refuses connections: it was free a moment ago. */
export async function refusingNode (): Promise<string> {
  const upstream = await startUpstream()
  await upstream.close()
  return upstream.node
}

/** Answers 200 with what came, as JSON (`Received`). */
export const echo: UpstreamHandler = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const received: Received = {
      method: request.method ?? '',
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks).toString()
    }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(received))
  })
}

/** Takes the request and cuts the connection. */
export const reset: UpstreamHandler = request => { request.socket.resetAndDestroy() }

/** Takes the request and says nothing. */
export const silence: UpstreamHandler = () => {}

/** Answers at once with a status and its number as the body. */
export function answering (status: number, body = String(status)): UpstreamHandler {
  return (request, response) => {
    request.resume()
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) }).end(body)
  }
}

function echoBytes (request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Accept: ${request.headers['sec-websocket-key'] ?? ''}\r\n\r\n`)
  socket.write(head)
  socket.pipe(socket)
}
