import type { PutOptions, PutResult, SwapResult } from '@clinch/store'
import type { AdminContext } from '../context.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceRequest } from './resource-request.ts'

interface Written {
  readonly id: string
  readonly key: string
  readonly value: JsonObject
}

export async function write (request: ResourceRequest, { id, key, value }: Written, api: AdminContext): Promise<PutResult> {
  const text = JSON.stringify(value)
  const result = await api.store.put(key, text, putOptions(request))
  await indexWritten(key, text, result.revision, api)
  logWrite(request, id, result.revision, api)
  return result
}

/** Writes unless the object is no longer the one of that revision. */
export async function swap (request: ResourceRequest, { id, key, value }: Written, modRevision: number, api: AdminContext): Promise<SwapResult> {
  const text = JSON.stringify(value)
  const result = await api.store.compareAndSwap(key, modRevision, text, putOptions(request))
  if (result.kind !== 'swapped') return result
  await indexWritten(key, text, result.revision, api)
  logWrite(request, id, result.revision, api)
  return result
}

async function indexWritten (key: string, text: string, revision: number, { authKeys, groups }: AdminContext): Promise<void> {
  await authKeys.wrote(key, text, revision)
  await groups.wrote(key, text, revision)
}

/** Names the object, and never shows it. */
export function logWrite ({ kind, method, place }: ResourceRequest, id: string, revision: number, { log }: AdminContext): void {
  const owner = place.owner === undefined ? {} : { owner: place.owner }
  log.info({ kind: kind.noun, ...owner, id, method, revision }, method === 'DELETE' ? 'resource deleted' : 'resource written')
}

function putOptions ({ ttlSeconds }: ResourceRequest): PutOptions {
  return ttlSeconds === undefined ? {} : { ttlSeconds }
}
