import type { IKeyValue, IRangeResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import { keyRangeOf } from '../key-range.ts'
import type { ListResult, StoredEntry } from '../store.ts'
import type { Cluster } from './cluster.ts'
import { CallFailure } from './errors.ts'

const entriesPerPage = 1000
const maxAttempts = 3

/**
 * Every key that starts with `prefix`, as of one revision, read page by page so that no answer grows without bound. If
 * a compaction takes that revision away in the middle, the reading starts anew.
 */
export async function readRange (cluster: Cluster, prefix: string, signal?: AbortSignal): Promise<ListResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readPages(cluster, prefix, signal)
    } catch (error) {
      const isCompacted = error instanceof StoreError && error.cause instanceof CallFailure && error.cause.isCompacted
      if (!isCompacted || attempt === maxAttempts) throw error
    }
  }
}

export function entryOf (kv: IKeyValue): StoredEntry {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision)
  }
}

async function readPages (cluster: Cluster, prefix: string, signal: AbortSignal | undefined): Promise<ListResult> {
  const { start, end } = keyRangeOf(prefix)
  const entries: StoredEntry[] = []
  let revision = 0
  let from = start
  for (;;) {
    const request = { key: from, range_end: end, limit: entriesPerPage, revision }
    const { answer } = await cluster.call<IRangeResponse>({ service: 'KV', method: 'range', kind: 'read', request, ...signal && { signal } })
    revision ||= Number(answer.header.revision)
    for (const kv of answer.kvs) entries.push(entryOf(kv))
    const last = answer.kvs.at(-1)
    if (!answer.more || last === undefined) return { entries, revision }
    from = Buffer.concat([last.key, Buffer.from([0])])
  }
}
