import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ConnectionPool } from '../../packages/data-plane/src/upstream/connection-pool.ts'

// The least that passes a GET on in Node: https in, undici out, no routes, no limits, no care. Started by peers/bare-node.ts.
const [file = ''] = process.argv.slice(2)
const { cert, key, upstreamPort } = JSON.parse(readFileSync(file, 'utf8')) as { cert: string, key: string, upstreamPort: number }
const pool = new ConnectionPool({
  origin: `http://127.0.0.1:${upstreamPort}`, connectTimeoutMs: 1000, idleConnections: 320, idleTimeoutMs: 60_000, requestsPerConnection: 1000, tls: undefined
})

const server = createServer({ cert, key }, (request, response) => {
  const lease = pool.take('')
  lease.client.dispatch({ method: 'GET', path: request.url ?? '/', headers: [...request.rawHeaders, 'X-Real-IP', '127.0.0.1'] }, {
    onRequestStart () {},
    onResponseStart (_controller, status, headers) {
      response.writeHead(status, { 'content-type': String(headers['content-type']), 'content-length': String(headers['content-length']) })
    },
    onResponseData (_controller, chunk) { response.write(chunk) },
    onResponseEnd () {
      pool.giveBack(lease)
      response.end()
    },
    onResponseError () {
      pool.drop(lease)
      response.destroy()
    }
  })
}).listen(0, () => {
  process.stdout.write(String((server.address() as AddressInfo).port)) // it listens on TCP
})
