import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RestartableServer {
  readonly port: number
  /** Refuses connections and breaks those there are. */
  stop (): Promise<void>
  /** Listens again, on the same port. */
  restart (): Promise<void>
}

/** @param create - a server that does not listen yet, each time that one begins */
export async function startRestartable (create: () => Server, { host = '127.0.0.1', port: wanted = 0 } = {}): Promise<RestartableServer> {
  let port = wanted
  let server: Server | undefined

  async function listen (): Promise<void> {
    const next = create()
    await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, host, resolve))
    port = (next.address() as AddressInfo).port // listening on TCP
    server = next
  }

  await listen()
  return {
    port,
    async stop () {
      const stopped = server
      server = undefined
      if (stopped === undefined) return
      const closed = new Promise(resolve => stopped.close(resolve))
      stopped.closeAllConnections()
      await closed
    },
    async restart () { if (server === undefined) await listen() }
  }
}
