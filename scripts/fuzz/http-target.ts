import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createOcspClient, ocspErrors } from '@clinch/ocsp-core'
import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import { createFuzzWorld } from './corpus.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

const deadlineMs = 250
const maxResponseBytes = 16 * 1024
const endings = ['end', 'end', 'end', 'reset', 'silence'] as const

const statuses = ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK', 'HTTP/1.1 101 Switching Protocols', 'HTTP/1.1 204 No Content', 'HTTP/1.1 302 Found', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 429 Slow', 'HTTP/1.1 503 Later', 'HTTP/2 200', 'HTTP/1.1 999', ''] as const
const headers = [
  'Content-Type: application/ocsp-response', 'content-type: APPLICATION/ocsp-response;x=y', 'Content-Type: text/html', 'Content-Encoding: gzip', 'Content-Encoding: identity',
  'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, chunked', 'Content-Length: 5', 'Content-Length: 99999999999999999999', 'Content-Length: -1', 'Content-Length: 5, 6',
  'Location: http://169.254.169.254/', 'Retry-After: 1', 'Retry-After: 99999999999999', 'Cache-Control: max-age=1e9, no-cache', 'Age: x', 'Connection: upgrade', 'Upgrade: h2c', 'X: \0', ': empty', 'no colon', 'Set-Cookie: a=b'
] as const

/** What a responder may put on the wire. The first octet of an input says how the connection ends, the rest is sent as it is. */
export async function createHttpTarget (): Promise<FuzzTarget> {
  const { samples } = createFuzzWorld()
  const bodies = samples.map(({ der }) => der)
  const client = createOcspClient({ deadlineMs, maxResponseBytes })
  const waiting = new Map<string, Buffer>()
  const server = createServer(socket => { answer(socket.on('error', () => {}), waiting) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  let number = 0

  const judge = async (input: Buffer): Promise<string | undefined> => {
    const path = `/${number++}`
    waiting.set(path, input)
    const outcome = await client.ask(`http://127.0.0.1:${port}${path}`, Buffer.from('a request'), { nonceUsed: true })
    waiting.delete(path)
    if (outcome.kind === 'failed') return outcome.code in ocspErrors ? undefined : `an unknown code: ${outcome.code}`
    if (outcome.der.length === 0 || outcome.der.length > maxResponseBytes) return `an answer of ${outcome.der.length} octets`
    const text = input.toString('latin1')
    return /200/.test(text) && /application\/ocsp-response/i.test(text) ? undefined : 'an answer that nobody gave'
  }
  return {
    name: 'http',
    sideBySide: 16,
    invent: random => inventAnswer(bodies, random),
    judge,
    close: async () => {
      await client.close()
      server.close()
    }
  }
}

function inventAnswer (bodies: readonly Buffer[], random: SeededRandom): Buffer {
  const body = inventBody(bodies, random)
  const honest = random.chance(0.5)
  const lines = [
    honest ? 'HTTP/1.1 200 OK' : random.pick(statuses),
    ...(honest ? ['Content-Type: application/ocsp-response', `Content-Length: ${body.length}`] : []),
    ...Array.from({ length: random.below(4) }, () => random.pick(headers))
  ]
  const wire = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
  const ending = random.chance(0.004) ? 4 : random.below(4) // silence costs the whole deadline
  return Buffer.concat([Buffer.from([ending]), random.chance(0.5) ? wire : mutate(wire, [wire], random)])
}

function inventBody (bodies: readonly Buffer[], random: SeededRandom): Buffer {
  if (random.chance(0.05)) return Buffer.alloc(random.below(4 * maxResponseBytes))
  return random.chance(0.3) ? mutate(random.pick(bodies), bodies, random) : random.pick(bodies)
}

function answer (socket: Socket, waiting: ReadonlyMap<string, Buffer>): void {
  socket.once('data', head => {
    const [, path = ''] = /^POST (\S+) /.exec(head.toString('latin1')) ?? []
    const input = waiting.get(path) ?? Buffer.alloc(1)
    socket.write(input.subarray(1), () => {
      const ending = endings[(input[0] ?? 0) % endings.length]
      if (ending === 'reset') socket.resetAndDestroy()
      else if (ending === 'end') socket.end()
    })
  })
}
