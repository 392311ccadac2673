import { setTimeout as wait } from 'node:timers/promises'
import { connect, countLoss, type Load, type LoadContext } from './load.ts'
import { Http1Client } from './http1-client.ts'
import type { Connection } from './dial.ts'

export interface KeepAliveOptions {
  readonly load: string
  readonly isTls: boolean
  readonly method: 'GET' | 'POST'
}

const requestsEach = 40
const pauseMs = 15

/** HTTP/1.1 requests, some tens over a connection. */
export function keepAlive ({ load, isTls, method }: KeepAliveOptions): Load {
  return async context => {
    while (!context.signal.aborted) {
      const connection = await connect(context, { load, ...isTls ? { servername: 'test.com' } : {} })
      if (connection !== undefined) await sendMany(context, connection, { load, method })
      else await wait(pauseMs)
    }
  }
}

async function sendMany (context: LoadContext, connection: Connection, { load, method }: Pick<KeepAliveOptions, 'load' | 'method'>): Promise<void> {
  const { signal, tally, outages } = context
  const client = new Http1Client(connection.socket)
  for (let count = 0; count < requestsEach && client.isOpen && !signal.aborted; count++) {
    const beganMs = Date.now()
    const path = `/hello/${beganMs}/${count}`
    try {
      const { status, body } = await client.send({ method, host: 'test.com', path, ...method === 'POST' ? { body: 'a body' } : {} })
      if (status === 200 && body.includes(`you asked for ${path}\n`)) tally.count(load, 'ok')
      else if (method === 'POST' && status === 502 && outages.explainsBadGateway(beganMs, Date.now())) tally.count(load, 'upstream killed meanwhile')
      else tally.fail(load, `${connection.facts.node}: ${status} ${body.slice(0, 200)}`)
    } catch (err) {
      countLoss(context, load, connection, err)
      break
    }
    await wait(pauseMs)
  }
  client.close()
}
