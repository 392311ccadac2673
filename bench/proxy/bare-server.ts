import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Client } from 'undici'

// The least that passes a GET on in Node: https in, undici out, no routes, no limits, no care. Started by peers/bare-node.ts.
const [file = ''] = process.argv.slice(2)
const { cert, key, upstreamPort } = JSON.parse(readFileSync(file, 'utf8')) as { cert: string, key: string, upstreamPort: number }
const idle: Client[] = [] // the busiest stay warm; undici's own Pool looks at all to find a free one

const server = createServer({ cert, key }, (request, response) => {
  const client = idle.pop() ?? new Client(`http://127.0.0.1:${upstreamPort}`)
  client.dispatch({ method: 'GET', path: request.url ?? '/', headers: [...request.rawHeaders, 'X-Real-IP', '127.0.0.1'] }, {
    onRequestStart () {},
    onResponseStart (_controller, status, headers) {
      response.writeHead(status, { 'content-type': String(headers['content-type']), 'content-length': String(headers['content-length']) })
    },
    onResponseData (_controller, chunk) { response.write(chunk) },
    onResponseEnd () {
      idle.push(client)
      response.end()
    },
    onResponseError () {
      client.destroy(null, () => {})
      response.destroy()
    }
  })
}).listen(0, () => {
  process.stdout.write(String((server.address() as AddressInfo).port)) // it listens on TCP
})
