import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PrimaryHost } from '../../contract/host.ts'
import type { Disposer } from '../../contract/plugin.ts'
import type { PrometheusAttr } from './attr.ts'

const retryMs = 1000
const drainMs = 1000

/**
 * Serves the metrics of the machine. A port that is taken is logged once and tried again every second: during a
 * reload it is still the port of the plugin's predecessor.
 */
export async function startExportServer ({ log, attr, collectMetrics }: PrimaryHost<PrometheusAttr>): Promise<Disposer> {
  const { ip: host, port } = attr.export_addr
  let collecting: Promise<string> | undefined
  let retry: NodeJS.Timeout | undefined
  let hasFailed = false
  let isClosed = false

  // scrapes that meet share one collection
  function collect (): Promise<string> {
    collecting ??= collectMetrics().finally(() => { collecting = undefined })
    return collecting
  }

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== attr.export_uri || (request.method !== 'GET' && request.method !== 'HEAD')) {
      answer(response, 404, 'text/plain; charset=utf-8', '{"error_msg":"404 Route Not Found"}\n')
      return
    }
    collect().then(text => {
      if (text === '') throw new Error('there are no metrics')
      answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text)
    }).catch((err: unknown) => {
      log.error({ err }, 'failed to collect metrics')
      answer(response, 500, 'text/plain; charset=utf-8', '{"message":"Failed to retrieve metrics: no data available"}\n')
    })
  })
  server.on('listening', () => {
    if (isClosed) {
      server.close()
      return
    }
    const { address, port } = server.address() as AddressInfo // a TCP server that listens has one
    log.info({ address, port, uri: attr.export_uri }, 'prometheus export server is listening')
  })

  const firstTry = new Promise<void>(resolve => {
    server.on('listening', resolve)
    server.on('error', err => {
      if (!hasFailed) log.error({ err, address: host, port }, 'prometheus export server cannot listen')
      hasFailed = true
      if (!isClosed && !server.listening) retry = setTimeout(() => server.listen({ host, port }), retryMs).unref()
      resolve()
    })
  })
  server.listen({ host, port })
  await firstTry

  return async () => {
    isClosed = true
    clearTimeout(retry)
    if (!server.listening) return
    const deadline = setTimeout(() => server.closeAllConnections(), drainMs)
    await new Promise(resolve => server.close(resolve))
    clearTimeout(deadline)
  }
}

function answer (response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
