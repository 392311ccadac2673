import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Load } from './load.ts'

const load = 'new TLS connections'
const pauseMs = 30

/** Connections that are closed again as soon as they are there. */
export const handshakes: Load = async context => {
  while (!context.signal.aborted) {
    const connection = await connect(context, { load, servername: 'test.com' })
    if (connection !== undefined) {
      context.tally.count(load, 'ok')
      connection.socket.destroy()
    }
    await wait(pauseMs)
  }
}
