import { once } from 'node:events'
import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Test } from 'tap'
import type { Issued } from './pki.ts'

export interface TlsServerOptions {
  /** Any octets at all. */
  readonly staple?: Buffer
  /** What the server says and expects before TLS, in turns. */
  readonly dialogue?: Dialogue
}

/** A greeting, and an answer for each line that is expected. After the last one TLS begins, unless it is told not to. */
export interface Dialogue {
  readonly greeting: string
  readonly turns: readonly (readonly [expected: string, answer: string])[]
  readonly then?: 'tls' | 'nothing' | 'close'
}

/** A TLS server on a free port that staples what it is given. Resolves with the port. */
export async function startTlsServer (t: Test, { chainPem, keyPem }: Issued, { staple, dialogue }: TlsServerOptions = {}): Promise<number> {
  const tls = createTlsServer({ cert: chainPem, key: keyPem })
  tls.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, staple as Buffer)) // undefined is no staple
  tls.on('tlsClientError', () => {})
  const sockets = new Set<Socket>()
  const plain = createPlainServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket, dialogue).then(goOn => { if (goOn) tls.emit('connection', socket) }, () => socket.destroy())
  }).listen(0, '127.0.0.1')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    plain.close()
    await once(plain, 'close')
  })
  await once(plain, 'listening')
  return (plain.address() as AddressInfo).port // listening on TCP
}

async function talk (socket: Socket, dialogue: Dialogue | undefined): Promise<boolean> {
  if (dialogue === undefined) return true
  socket.write(dialogue.greeting)
  for (const [expected, answer] of dialogue.turns) {
    const [line] = await once(socket, 'data') as [Buffer]
    if (line.toString() !== expected) throw new Error(`${expected} expected, not ${line.toString()}`)
    socket.pause()
    socket.write(answer)
    if (dialogue.turns.at(-1)?.[0] !== expected) socket.resume()
  }
  if (dialogue.then === 'close') socket.end()
  return (dialogue.then ?? 'tls') === 'tls'
}
