import type { IRangeResponse, IStatusResponse } from 'etcd3'
import { StoreError } from '../errors.ts'
import type { Cluster } from './cluster.ts'
import { CallFailure } from './errors.ts'
import { grpcStatus } from './grpc.ts'

const oldestVersion = [3, 4] as const
/** For each of the two questions, however long other calls may take. */
const longestMs = 6000

/** Is there a leader, is it new enough, does it know us? One attempt. Throws as `RemoteStore.check`. */
export async function checkCluster (cluster: Cluster): Promise<void> {
  await checkVersion(cluster)
  await checkAccess(cluster)
}

async function checkVersion (cluster: Cluster): Promise<void> {
  const { answer: { version } } = await cluster.call<IStatusResponse>({ service: 'Maintenance', method: 'status', kind: 'read', request: {}, timeoutMs: longestMs })
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1])) return
  const detail = `etcd cluster version ${version} is less than the required version 3.4.0, please upgrade your etcd cluster`
  throw new StoreError('STORE_ERR_REFUSED', { detail })
}

/** Any read that goes through the leader. That this user may not read this key shows that there is a leader and that the user is known. */
async function checkAccess (cluster: Cluster): Promise<void> {
  const request = { key: Buffer.from([0]), keys_only: true, limit: 1 }
  try {
    await cluster.call<IRangeResponse>({ service: 'KV', method: 'range', kind: 'read', request, timeoutMs: longestMs })
  } catch (error) {
    const isForbidden = error instanceof StoreError && error.cause instanceof CallFailure && error.cause.status === grpcStatus.permissionDenied
    if (!isForbidden) throw error
  }
}
