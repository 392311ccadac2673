import { Host } from 'etcd3/lib/connection-pool.js'
import type { IDuplexStream, IWatchRequest, IWatchResponse, Services } from 'etcd3'
import { CallFailure } from './errors.ts'
import { channelState, grpc, grpcStatus } from './grpc.ts'
import type { GrpcChannelOptions, GrpcClient, GrpcCredentials, GrpcMetadata } from './grpc.ts'

export type WatchDuplex = IDuplexStream<IWatchRequest, IWatchResponse>

export interface CallOptions {
  readonly deadlineMs: number
  readonly token?: string | undefined
  readonly signal?: AbortSignal | undefined
}

type UnaryAnswer = (failure: { readonly code: number, readonly details: string } | null, answer: unknown) => void
type Unary = (request: object, metadata: GrpcMetadata, options: { readonly deadline: number }, done: UnaryAnswer) => { cancel (): void }

const connectTimeoutMs = 3000
/** A member that refused is tried again every quarter of a second; this is the time for one more try. */
const comebackMs = 350

/** A connection comes back as soon as its server does, and a peer that has gone silent is noticed within 10 s (etcd allows a ping every 5 s). */
const channelOptions: GrpcChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 4000,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.use_local_subchannel_pool': 1
}

/**
 * One member of the cluster. Of etcd3 this takes the protocol and the clients; its pool, its retries and its watcher
 * are left aside: they repeat writes that may have been done, and resume watches from the revision in the header of an
 * answer, which loses events.
 */
export class Connection {
  /** As the operator wrote it: `https://etcd-0:2379`. */
  readonly url: string
  readonly #host: Host
  readonly #cancels = new Set<() => void>()
  #isClosed = false

  constructor (url: string, target: string, credentials: GrpcCredentials, options: GrpcChannelOptions) {
    this.url = url
    this.#host = new Host(target, credentials, { ...channelOptions, ...options })
  }

  /** @throws CallFailure */
  async call<T> (service: keyof typeof Services, method: string, request: object, options: CallOptions): Promise<T> {
    this.#checkOpen(options.signal)
    let client = this.#host.getServiceClient(service)
    let isCurrent = false
    while (!isCurrent) { // `reconnect` may replace the client while this waits
      await this.#connect(client, Math.min(options.deadlineMs, Date.now() + connectTimeoutMs))
      this.#checkOpen(options.signal)
      const current = this.#host.getServiceClient(service)
      isCurrent = current === client
      client = current
    }
    // the protocol's definition makes one function for each method, under its own name
    const unary = (client as unknown as Record<string, Unary>)[method]
    if (unary === undefined) throw new TypeError(`etcd has no ${service}.${method}`)
    return await new Promise<T>((resolve, reject) => {
      const call = unary.call(client, request, metadataOf(options.token), { deadline: options.deadlineMs }, (failure, answer) => {
        this.#cancels.delete(cancel)
        options.signal?.removeEventListener('abort', cancel)
        if (failure === null) resolve(answer as T) // what `method` answers is the caller's knowledge
        else reject(new CallFailure(this.url, failure.code, failure.details))
      })
      const cancel = (): void => call.cancel()
      this.#cancels.add(cancel)
      options.signal?.addEventListener('abort', cancel)
    })
  }

  /** A stream of watch answers. */
  openWatch (token: string | undefined): WatchDuplex {
    this.#checkOpen()
    const client = this.#host.getServiceClient('Watch')
    // as above; a watch is a stream both ways
    const { watch } = client as unknown as { watch (metadata: GrpcMetadata): WatchDuplex }
    return watch.call(client, metadataOf(token))
  }

  /** Leaves the present connection, which may be dead without having said so; the next call makes a new one. */
  reconnect (): void {
    this.#host.resetAllServices()
  }

  close (): void {
    this.#isClosed = true
    for (const cancel of this.#cancels) cancel()
    this.#host.close()
  }

  #checkOpen (signal?: AbortSignal): void {
    if (this.#isClosed || signal?.aborted === true) throw new CallFailure(this.url, grpcStatus.cancelled, 'cancelled')
  }

  /** Waits for the connection, so that a member that is gone fails before anything is sent. A refusal is left for the call to tell. */
  async #connect (client: GrpcClient, deadlineMs: number): Promise<void> {
    const channel = client.getChannel()
    const changeFrom = (state: number, untilMs: number): Promise<boolean> => new Promise(resolve => {
      channel.watchConnectivityState(state, untilMs, error => resolve(error === undefined || error === null))
    })
    let state = Number(channel.getConnectivityState(true))
    if (state === channelState.transientFailure) {
      await changeFrom(state, Math.min(deadlineMs, Date.now() + comebackMs))
      state = Number(channel.getConnectivityState(true))
    }
    while (state === channelState.idle || state === channelState.connecting) {
      if (!await changeFrom(state, deadlineMs)) throw new CallFailure(this.url, grpcStatus.deadlineExceeded, 'not connected in time')
      state = Number(channel.getConnectivityState(true))
    }
  }
}

/** `hasleader`: a member without a leader says so at once, and ends its streams, instead of falling silent. */
function metadataOf (token: string | undefined): GrpcMetadata {
  const metadata = new grpc.Metadata()
  metadata.set('hasleader', 'true')
  if (token !== undefined) metadata.set('token', token)
  return metadata
}
