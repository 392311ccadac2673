import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { readPort } from './port-option.ts'

export interface DemoUpstream {
  readonly port: number
  close (): Promise<void>
}

/** An HTTP server to send requests to: it says which path it was asked for, and what the gateway told it. */
export async function startUpstream ({ host, port }: { host: string, port: number }): Promise<DemoUpstream> {
  const server = createServer((req, res) => {
    req.resume()
    const told = Object.entries(req.headers).filter(([name]) => name === 'host' || name.startsWith('x-'))
    const lines = [`hello from the upstream, you asked for ${req.url ?? ''}`, ...told.map(([name, value]) => `${name}: ${String(value)}`)]
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(`${lines.join('\n')}\n`)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    async close () {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

// node scripts/demo/upstream.ts [--host ADDRESS] [--port N]
if (import.meta.main) {
  const { values } = parseArgs({ options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '1980' } } })
  const upstream = await startUpstream({ host: values.host, port: readPort('port', values.port) })
  console.log(`upstream on http://${values.host}:${upstream.port}/`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { upstream.close().catch((err: unknown) => { console.error(err) }) })
}
