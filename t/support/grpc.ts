import { credentials, makeGenericClientConstructor, Server, ServerCredentials, type ChannelCredentials, type Client, type ClientDuplexStream, type ClientReadableStream, type ClientUnaryCall, type ClientWritableStream, type Metadata, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Test } from 'tap'

const asText = { serialize: (text: string): Buffer => Buffer.from(text), deserialize: (octets: Buffer): string => octets.toString() }

function method (name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asText.serialize,
    requestDeserialize: asText.deserialize,
    responseSerialize: asText.serialize,
    responseDeserialize: asText.deserialize
  }
}

/** One method of each kind; messages are text. */
export const echoService = {
  Unary: method('Unary', false, false),
  ServerStream: method('ServerStream', false, true),
  ClientStream: method('ClientStream', true, false),
  Both: method('Both', true, true)
} as const satisfies ServiceDefinition

export interface GrpcServer {
  /** `127.0.0.1:port` */
  readonly node: string
  stop (): void
}

export async function startGrpcServer (t: Test, implementation: UntypedServiceImplementation, tls?: { readonly certPem: string, readonly keyPem: string, readonly clientCaPem?: string }): Promise<GrpcServer> {
  const server = new Server()
  server.addService(echoService, implementation)
  const key = tls === undefined
    ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(tls.clientCaPem === undefined ? null : Buffer.from(tls.clientCaPem), [{ cert_chain: Buffer.from(tls.certPem), private_key: Buffer.from(tls.keyPem) }], tls.clientCaPem !== undefined)
  const port = await new Promise<number>((resolve, reject) => server.bindAsync('127.0.0.1:0', key, (err, bound) => { if (err === null) resolve(bound); else reject(err) }))
  t.teardown(() => server.forceShutdown())
  return { node: `127.0.0.1:${port}`, stop: () => server.forceShutdown() }
}

const EchoClient = makeGenericClientConstructor(echoService, 'Echo')

/** A client with the methods of the service, promises where one answer is expected. */
export function grpcClient (t: Test, address: string, channel: ChannelCredentials = credentials.createInsecure(), options: Readonly<Record<string, string | number>> = {}) {
  const client: Client = new EchoClient(address, channel, options)
  t.teardown(() => client.close())
  return client as Client & EchoMethods
}

interface EchoMethods {
  Unary (message: string, metadata: Metadata, options: object, done: (err: Error | null, answer?: string) => void): ClientUnaryCall
  ServerStream (message: string, metadata?: Metadata, options?: object): ClientReadableStream<string>
  ClientStream (done: (err: Error | null, answer?: string) => void): ClientWritableStream<string>
  Both (metadata?: Metadata, options?: object): ClientDuplexStream<string, string>
}
