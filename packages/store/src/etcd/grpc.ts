import { createRequire } from 'node:module'
import type { ICallable } from 'etcd3'
import type { Host } from 'etcd3/lib/connection-pool.js'

type HostParameters = ConstructorParameters<typeof Host>
type Connected = Parameters<Parameters<ICallable<unknown>['withConnection']>[1]>[0]

export type GrpcCredentials = HostParameters[1]
export type GrpcChannelOptions = NonNullable<HostParameters[2]>
export type GrpcClient = Connected['client']
export type GrpcMetadata = Connected['metadata']

interface Grpc {
  readonly Metadata: new () => GrpcMetadata
  readonly credentials: {
    createInsecure (): GrpcCredentials
    createSsl (ca: Buffer | null, key: Buffer | null, cert: Buffer | null, options: { rejectUnauthorized?: boolean }): GrpcCredentials
  }
}

/** The very gRPC library that etcd3 uses: two copies of it would not accept each other's objects. */
// the interface above is the part of @grpc/grpc-js that is used here
export const grpc = createRequire(import.meta.resolve('etcd3'))('@grpc/grpc-js') as Grpc

export const grpcStatus = {
  cancelled: 1,
  deadlineExceeded: 4,
  permissionDenied: 7,
  outOfRange: 11,
  unavailable: 14,
  unauthenticated: 16
} as const

/** https://grpc.github.io/grpc/core/md_doc_connectivity-semantics-and-api.html; the library keeps them in a const enum. */
export const channelState = { idle: 0, connecting: 1, transientFailure: 3 } as const
