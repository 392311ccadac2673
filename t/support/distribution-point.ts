import { createServer, type ServerResponse } from 'node:http'
import { startRestartable } from './restartable-server.ts'

export interface DistributionPoint {
  /** `http://127.0.0.1:port/ca.crl` */
  readonly url: string
  /** How many requests have come. */
  readonly count: number
  /** What it serves from now on: octets, an HTTP status, or a way to answer. */
  serve (what: Buffer | number | ((response: ServerResponse) => void)): void
  /** Takes requests and keeps them waiting. */
  hang (): void
  release (): void
  /** Refuses connections and breaks those there are. */
  stop (): Promise<void>
  /** Listens again, on the same port. */
  restart (): Promise<void>
}

/** An HTTP server for CRLs on a free port; 404 until told otherwise. */
export async function createDistributionPoint (t: { teardown: (close: () => Promise<void>) => void }): Promise<DistributionPoint> {
  let served: Parameters<DistributionPoint['serve']>[0] = 404
  let count = 0
  let hanging = false
  const waiting: (() => void)[] = []

  const answer = (response: ServerResponse): void => {
    if (typeof served === 'function') served(response)
    else if (typeof served === 'number') response.writeHead(served).end()
    else response.writeHead(200, { 'content-type': 'application/pkix-crl', 'content-length': served.length }).end(served)
  }
  const { port, stop, restart } = await startRestartable(() => createServer((_request, response) => {
    count++
    if (hanging) waiting.push(() => answer(response))
    else answer(response)
  }))
  t.teardown(stop)
  return {
    url: `http://127.0.0.1:${port}/ca.crl`,
    get count () { return count },
    serve (what) { served = what },
    hang () { hanging = true },
    release () {
      hanging = false
      for (const go of waiting.splice(0)) go()
    },
    stop,
    restart
  }
}
