import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from './dial.ts'
import { connect, countLoss, type Load, type LoadContext } from './load.ts'

const load = 'WebSocket messages'
const pauseMs = 50
const answerTimeoutMs = 30_000

/** Upgraded connections that stay open for as long as they are let, with a message that has to come back now and then. */
export const tunnels: Load = async context => {
  while (!context.signal.aborted) {
    const connection = await connect(context, { load, servername: 'test.com' })
    if (connection !== undefined) await converse(context, connection)
    else await wait(pauseMs)
  }
}

async function converse (context: LoadContext, connection: Connection): Promise<void> {
  const { signal, tally, outages } = context
  const { socket, facts } = connection
  const tunnel = new Tunnel(connection)
  let upstream: string | undefined
  try {
    const head = await tunnel.say(upgrade, received => received.includes('\r\n\r\n'))
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head.split('\r\n')[0])
    upstream = /^x-upstream: (\S+)/im.exec(head)?.[1]
    for (let count = 0; !signal.aborted; count++) {
      const message = `message ${count}\n`
      await tunnel.say(message, received => received === message)
      tally.count(load, 'ok')
      await wait(pauseMs)
    }
  } catch (err) {
    if (outages.explainsCut(facts, Date.now())) tally.count(load, 'cut off with a replaced worker')
    else countLoss(context, load, { ...connection, facts: { ...facts, upstream } }, err)
  }
  socket.destroy()
}

class Tunnel {
  readonly #socket: Connection['socket']
  #received = ''
  #onNews = (): void => {}

  constructor ({ socket }: Connection) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.#received += chunk
      this.#onNews()
    })
    socket.on('close', () => this.#onNews())
  }

  /** Resolves with what came back, when it is all. */
  async say (text: string, isAll: (received: string) => boolean): Promise<string> {
    const said = Promise.withResolvers<string>()
    const deadline = setTimeout(() => said.reject(new Error(`nothing came back within ${answerTimeoutMs} ms`)), answerTimeoutMs)
    this.#received = ''
    this.#onNews = () => {
      if (isAll(this.#received)) said.resolve(this.#received)
      else if (this.#socket.destroyed) said.reject(new Error('the tunnel was closed'))
    }
    this.#socket.write(text)
    this.#onNews()
    try {
      return await said.promise
    } finally {
      clearTimeout(deadline)
    }
  }
}

const upgrade = 'GET /tunnel HTTP/1.1\r\nHost: test.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
