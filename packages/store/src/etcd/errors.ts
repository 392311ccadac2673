import { StoreError } from '../errors.ts'
import { grpcStatus } from './grpc.ts'

/** A call that failed, as gRPC tells it. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  /** The member that was asked, `http://127.0.0.1:2379`. */
  readonly url: string
  readonly status: number
  /** Whether the request may have reached etcd, so that doing it again could do it twice. */
  readonly wasSent: boolean

  constructor (url: string, status: number, details: string) {
    super(details)
    this.url = url
    this.status = status
    this.wasSent = !/^(No connection established|Name resolution failed|not connected)/.test(details) && !this.isLeaderless
  }

  /** The member knows of no leader, and did nothing: an election is under way, or the quorum is lost. */
  get isLeaderless (): boolean {
    return this.message === 'etcdserver: no leader'
  }

  /** Another member, or the same one later, may answer. */
  get isUnavailable (): boolean {
    return this.status === grpcStatus.unavailable || this.status === grpcStatus.deadlineExceeded
  }

  /** The token has run out or users were changed; etcd refused without doing anything, a new token helps. */
  get isStaleToken (): boolean {
    return /invalid auth token|revision of auth store is old|user name is empty/.test(this.message)
  }

  get isCompacted (): boolean {
    return this.status === grpcStatus.outOfRange && this.message.includes('has been compacted')
  }

  get isFutureRevision (): boolean {
    return this.status === grpcStatus.outOfRange && this.message.includes('future revision')
  }
}

/** No member can do it now; where there are several, their reasons stand behind APISIX's words. */
export function noneHealthy (failures: readonly CallFailure[]): StoreError {
  const [first, ...others] = failures
  if (first !== undefined && others.length === 0) return asStoreError(first)
  const reasons = [...new Set(failures.map(unavailableText))]
  return new StoreError('STORE_ERR_UNAVAILABLE', { cause: failures.at(-1), detail: ['has no healthy etcd endpoint available', ...reasons].join('; ') })
}

/** What a caller of the store sees, in the words of APISIX where it has some. */
export function asStoreError (failure: CallFailure): StoreError {
  const { status, message } = failure
  if (failure.isUnavailable) return new StoreError('STORE_ERR_UNAVAILABLE', { cause: failure, detail: unavailableText(failure) })
  if (status === grpcStatus.cancelled) return new StoreError('STORE_ERR_CLOSED', { cause: failure })
  if (status === grpcStatus.permissionDenied) return new StoreError('STORE_ERR_UNAUTHORIZED', { cause: failure, detail: 'etcd forbidden code: 403' })
  if (status === grpcStatus.unauthenticated || message.includes('user name is empty')) {
    return new StoreError('STORE_ERR_UNAUTHORIZED', { cause: failure, detail: 'insufficient credentials code: 401' })
  }
  return new StoreError(message.includes('authentication failed') ? 'STORE_ERR_UNAUTHORIZED' : 'STORE_ERR_REFUSED', { cause: failure, detail: message })
}

function unavailableText ({ url, status, message }: CallFailure): string {
  if (message.startsWith('etcdserver: ')) return message
  if (status === grpcStatus.deadlineExceeded) return `${url}: timeout`
  if (message.includes('ECONNREFUSED')) return `${url}: connection refused`
  const reason = /Last error: (?:Error: )?(.*?)(?:\. Resolution note:.*)?$/.exec(message)?.[1]
  return `${url}: ${reason ?? message}`
}
