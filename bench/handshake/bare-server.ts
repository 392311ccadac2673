import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { createSecureServer } from 'node:http2'

// The least that staples in Node: one certificate, no names, no limits. Started by peers/bare-node.ts.
const [file = ''] = process.argv.slice(2)
const { cert, key, staple } = JSON.parse(readFileSync(file, 'utf8')) as { cert: string, key: string, staple: string }
const der = Buffer.from(staple, 'base64')

const secure = createSecureServer({ allowHTTP1: true, ALPNProtocols: ['h2', 'http/1.1'], cert, key }, (_request, response) => { response.end() })
secure.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, der))
secure.on('tlsClientError', () => {})

const server = createServer({ noDelay: true }, socket => secure.emit('connection', socket)).listen(0, '127.0.0.1', () => {
  process.stdout.write(String((server.address() as AddressInfo).port)) // it listens on TCP
})
