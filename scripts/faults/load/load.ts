import type { Certificate } from '@clinch/ocsp-core'
import type { SeededRandom } from '../../../t/ocsp-core/seeded-random.ts'
import type { Cluster } from '../../cluster/start-cluster.ts'
import { ports } from '../../cluster/topology.ts'
import type { Outages } from '../outages.ts'
import type { Tally } from '../tally.ts'
import { dial, DialFailure, type Connection, type Credentials } from './dial.ts'

/** What every load needs. */
export interface LoadContext {
  readonly cluster: Cluster
  readonly outages: Outages
  readonly tally: Tally
  readonly random: SeededRandom
  /** Ends the load: what is under way is finished. */
  readonly signal: AbortSignal
  readonly rootPem: string
  readonly issuer: Certificate
}

/** Something that clients do over and over until the signal; never rejects for what becomes of a request. */
export type Load = (context: LoadContext) => Promise<void>

export interface ConnectWish {
  /** The load that it is counted for. */
  readonly load: string
  /** Undefined: without TLS. */
  readonly servername?: string
  readonly alpn?: string
  readonly credentials?: Credentials
}

/**
 * A connection to one of the data planes, as clients choose among addresses: one that refuses while it is dead is passed over and
 * counted as such; nothing had been sent. Undefined when there is none, which is then counted. The staple is looked at.
 */
export async function connect ({ cluster, outages, tally, random, rootPem, issuer }: LoadContext, { load, servername, alpn = 'http/1.1', credentials }: ConnectWish): Promise<Connection | undefined> {
  const [first, ...others] = shuffle(cluster.topology.dataPlanes, random)
  for (const node of first === undefined ? [] : [first, ...others]) {
    try {
      const connection = await dial({
        node,
        port: servername === undefined ? ports.http : ports.https,
        ...servername === undefined ? {} : { tls: { servername, alpn, caPem: rootPem, issuer, credentials } }
      })
      if (connection.staple !== undefined) countStaple(tally, connection.staple, node.name)
      return connection
    } catch (failure) {
      if (!(failure instanceof DialFailure)) throw failure
      const { facts, isRefused } = failure
      if (!isRefused || !outages.explainsRefusal(facts.node, facts.openedMs, Date.now())) {
        if (outages.explainsLoss(facts, Date.now())) tally.count(load, 'lost with the killed part')
        else tally.fail(load, failure.message)
        return undefined
      }
      tally.count(load, 'moved from a dead data plane')
    }
  }
  tally.fail(load, 'no data plane accepts connections')
  return undefined
}

/** The load of handshakes with a staple; what fails there is a bare one. */
export const stapleLoad = 'staples'

function countStaple (tally: Tally, staple: string, node: string): void {
  if (staple === 'good') tally.count(stapleLoad, 'ok')
  else tally.fail(stapleLoad, `${node} sent ${staple === 'none' ? 'no staple' : `a staple that is ${staple}`}`)
}

/** A request without an answer, over a connection that there was. */
export function countLoss ({ outages, tally }: Pick<LoadContext, 'outages' | 'tally'>, load: string, { facts }: Connection, err: unknown): void {
  if (outages.explainsLoss(facts, Date.now())) tally.count(load, 'lost with the killed part')
  else tally.fail(load, `${facts.node}, client's port ${facts.localPort}, open for ${Date.now() - facts.openedMs} ms: ${(err as Error).message}`)
}

function shuffle<T> (items: readonly T[], random: SeededRandom): readonly T[] {
  return items.map(item => ({ item, at: random.below(2 ** 30) })).sort((one, other) => one.at - other.at).map(({ item }) => item)
}
