import { setTimeout as wait } from 'node:timers/promises'
import type { Connection, Credentials } from './dial.ts'
import { Http1Client } from './http1-client.ts'
import { connect, countLoss, type Load, type LoadContext } from './load.ts'

export const clientHost = 'client.test.com'
/** What the route of the fault run answers: `rejected_code` and `unavailable_code` of its plugin. */
export const answerTo = { revoked: 403, withoutVerdict: 503 } as const

const pauseMs = 60

/** A client whose certificate is good comes again and again, over a connection of its own each time, and must be let in. */
export function goodClient (credentials: Credentials): Load {
  const load = 'requests of a good client'
  return async context => await comeAgain(context, { load, credentials }, ({ status, body, beganMs }) => {
    if (status === 200) context.tally.count(load, 'ok')
    else if (status === answerTo.withoutVerdict && context.outages.explainsNoVerdict(beganMs, Date.now())) context.tally.count(load, 'no verdict while the responder was away')
    else context.tally.fail(load, `${status} ${body.slice(0, 200)}`)
  })
}

/** The load of a revoked client; what fails there got in, or was refused for another reason. */
export const revokedLoad = 'refusals of a revoked client'

/** A client whose certificate is revoked must never be let in, whatever else fails. */
export function revokedClient (credentials: Credentials): Load {
  const load = revokedLoad
  return async context => await comeAgain(context, { load, credentials }, ({ status, beganMs }) => {
    if (status === answerTo.revoked) context.tally.count(load, 'ok')
    else if (status === answerTo.withoutVerdict && context.outages.explainsNoVerdict(beganMs, Date.now())) context.tally.count(load, 'no verdict while the responder was away')
    else context.tally.fail(load, `it was answered ${status}`)
  })
}

interface Visit {
  readonly status: number
  readonly body: string
  readonly beganMs: number
}

async function comeAgain (context: LoadContext, { load, credentials }: { readonly load: string, readonly credentials: Credentials }, judge: (visit: Visit) => void): Promise<void> {
  while (!context.signal.aborted) {
    const beganMs = Date.now()
    const connection = await connect(context, { load, servername: clientHost, credentials })
    if (connection !== undefined) await visit(context, connection, load, answer => judge({ ...answer, beganMs }))
    await wait(pauseMs)
  }
}

async function visit (context: LoadContext, connection: Connection, load: string, judge: (answer: { readonly status: number, readonly body: string }) => void): Promise<void> {
  const client = new Http1Client(connection.socket)
  try {
    judge(await client.send({ host: clientHost, path: '/hello' }))
  } catch (err) {
    countLoss(context, load, connection, err)
  }
  client.close()
}
