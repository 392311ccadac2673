import type { IRangeResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import { keyRangeOf } from '../key-range.ts'
import type { WatchPosition } from '../watch-position.ts'
import type { Cluster, ClusterAnswer } from './cluster.ts'
import type { Connection } from './connection.ts'
import { CallFailure } from './errors.ts'

export interface HistoryCheck {
  readonly verdict: 'continues' | 'compacted' | 'restored'
  /** A member that has just answered. */
  readonly connection: Connection
}

/**
 * Whether a watch may go on from its position. Reads, as of the revision before it, the key that was told last: a
 * store that is behind, or that knows that key otherwise, was restored from a backup and has another history, even
 * if its revision has overtaken ours since. The read goes through the leader, so that a member that lags is not taken
 * for a restored one; it also renews the token that the stream will carry.
 */
export async function checkHistory (cluster: Cluster, prefix: string, position: WatchPosition, signal: AbortSignal): Promise<HistoryCheck> {
  const { anchor } = position
  const revision = position.nextRevision - 1
  const { start, end } = keyRangeOf(prefix)
  const what = anchor === undefined ? { key: start, range_end: end } : { key: Buffer.from(anchor.key) }
  const read = (asOf: number): Promise<ClusterAnswer<IRangeResponse>> => cluster.call<IRangeResponse>({
    service: 'KV', method: 'range', kind: 'read', request: { ...what, limit: 1, keys_only: true, revision: asOf }, signal
  })
  try {
    const { answer, connection } = await read(revision)
    const found = answer.kvs[0] === undefined ? undefined : Number(answer.kvs[0].mod_revision)
    return { verdict: anchor === undefined || anchor.modRevision === found ? 'continues' : 'restored', connection }
  } catch (error) {
    const failure = error instanceof StoreError ? error.cause : undefined
    if (!(failure instanceof CallFailure && (failure.isCompacted || failure.isFutureRevision))) throw error
    const { connection } = await read(0)
    return { verdict: failure.isFutureRevision ? 'restored' : 'compacted', connection }
  }
}
