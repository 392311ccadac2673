import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { readPort } from './port-option.ts'

export interface DemoUpstreamOptions {
  readonly host: string
  readonly port: number
  /** What it calls itself in `X-Upstream`. */
  readonly name?: string
}

export interface DemoUpstream {
  readonly port: number
  close (): Promise<void>
}

/**
 * An HTTP server to send requests to: it says which path it was asked for, and what the gateway told it. It accepts any
 * upgrade and sends back what comes.
 */
export async function startUpstream ({ host, port, name = 'upstream' }: DemoUpstreamOptions): Promise<DemoUpstream> {
  const tunnels = new Set<Duplex>()
  const server = createServer((req, res) => {
    req.resume()
    const told = Object.entries(req.headers).filter(([name]) => name === 'host' || name.startsWith('x-'))
    const lines = [`hello from the upstream, you asked for ${req.url ?? ''}`, ...told.map(([name, value]) => `${name}: ${String(value)}`)]
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-upstream': name }).end(`${lines.join('\n')}\n`)
  })
  server.on('upgrade', (req, socket, head) => {
    tunnels.add(socket)
    socket.on('close', () => tunnels.delete(socket))
    echo(req, socket, head, name)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    async close () {
      server.closeAllConnections()
      for (const tunnel of tunnels) tunnel.destroy()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

function echo ({ headers }: IncomingMessage, socket: Duplex, head: Buffer, name: string): void {
  socket.on('error', () => {})
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${headers.upgrade ?? ''}\r\nX-Upstream: ${name}\r\n\r\n`)
  socket.write(head)
  socket.pipe(socket)
}

// node scripts/demo/upstream.ts [--host ADDRESS] [--port N] [--name NAME]
if (import.meta.main) {
  const { values } = parseArgs({ options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '1980' }, name: { type: 'string', default: 'upstream' } } })
  const upstream = await startUpstream({ host: values.host, port: readPort('port', values.port), name: values.name })
  console.log(`${values.name} on http://${values.host}:${upstream.port}/`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { upstream.close().catch((err: unknown) => { console.error(err) }) })
}
