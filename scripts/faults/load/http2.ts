import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from './dial.ts'
import { connect, countLoss, type Load, type LoadContext } from './load.ts'

const load = 'HTTP/2 requests'
const sideBySide = 3
const roundsEach = 40
const pauseMs = 20
const answerTimeoutMs = 30_000

/** HTTP/2 requests, several at a time over a connection. One that gets GOAWAY is given up for another; what was sent over it must be answered. */
export const http2: Load = async context => {
  while (!context.signal.aborted) {
    const connection = await connect(context, { load, servername: 'test.com', alpn: 'h2' })
    if (connection !== undefined) await sendMany(context, connection)
    else await wait(pauseMs)
  }
}

async function sendMany (context: LoadContext, connection: Connection): Promise<void> {
  const { signal, tally } = context
  const session = connectHttp2('https://test.com', { createConnection: () => connection.socket })
  const ended = new AbortController()
  for (const event of ['goaway', 'close', 'error'] as const) session.on(event, () => ended.abort())
  for (let round = 0; round < roundsEach && !ended.signal.aborted && !signal.aborted; round++) {
    await Promise.all(Array.from({ length: sideBySide }, async (_, index) => {
      const path = `/hello/${Date.now()}/${round}/${index}`
      try {
        const { status, body } = await ask(session, path)
        if (status === 200 && body.includes(`you asked for ${path}\n`)) tally.count(load, 'ok')
        else tally.fail(load, `${connection.facts.node}: ${status} ${body.slice(0, 200)}`)
      } catch (err) {
        if (ended.signal.aborted && err instanceof Refused) tally.count(load, 'not sent after GOAWAY')
        else countLoss(context, load, connection, err)
      }
    }))
    await wait(pauseMs)
  }
  session.destroy()
  connection.socket.destroy()
}

/**
 * A stream that was not opened. node:http2 hands requests on a little after they were made, and gives back those that a GOAWAY
 * was faster than; what a server refuses looks the same. Neither was processed (RFC 9113 8.7), and each is counted.
 */
class Refused extends Error {}

async function ask (session: ClientHttp2Session, path: string): Promise<{ readonly status: number, readonly body: string }> {
  const stream = session.request({ ':path': path }, { signal: AbortSignal.timeout(answerTimeoutMs) })
  const answered = Promise.withResolvers<{ readonly status: number, readonly body: string }>()
  let status = 0
  let body = ''
  let isWhole = false
  stream.setEncoding('utf8')
  stream.on('response', headers => { status = headers[':status'] ?? 0 })
  stream.on('data', (chunk: string) => { body += chunk })
  stream.on('end', () => { isWhole = status !== 0 })
  stream.on('error', err => answered.reject(stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ? new Refused(err.message) : err))
  stream.on('close', () => { // also when the connection is gone, without an error
    if (isWhole && stream.rstCode === 0) answered.resolve({ status, body })
    else answered.reject(new Error('the stream was closed'))
  })
  return await answered.promise
}
