import { Connection } from './connection.ts'
import { grpc } from './grpc.ts'
import type { GrpcChannelOptions, GrpcCredentials } from './grpc.ts'
import { StoreError } from '../errors.ts'

export interface EtcdTls {
  /** Trusted roots, PEM. Absent: those of Node. */
  readonly caPem?: string
  /** The client's certificate and key, PEM; both or none. */
  readonly certPem?: string
  readonly keyPem?: string
  /** Default true. `false` takes any certificate. */
  readonly verify?: boolean
  /** The name to ask for and to expect, instead of the host of the URL. */
  readonly serverName?: string
}

const defaultPort = ':2379'

/** @param url - `http(s)://host:port`, the port being 2379 if it is left out */
export function connectTo (url: string, tls: EtcdTls = {}): Connection {
  const [, scheme, host, port = defaultPort] = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(:\d+)?\/?$/.exec(url) ?? []
  if (host === undefined) throw new StoreError('STORE_ERR_REFUSED', { detail: `${url}: not the address of an etcd, which looks like http://127.0.0.1:2379` })
  const isTls = scheme === 'https'
  return new Connection(url, `${host}${port}`, isTls ? credentialsOf(tls) : grpc.credentials.createInsecure(), isTls ? namesOf(tls) : {})
}

function credentialsOf ({ caPem, certPem, keyPem, verify = true }: EtcdTls): GrpcCredentials {
  return grpc.credentials.createSsl(bytesOf(caPem), bytesOf(keyPem), bytesOf(certPem), { rejectUnauthorized: verify })
}

function namesOf ({ serverName }: EtcdTls): GrpcChannelOptions {
  return serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }
}

function bytesOf (pem: string | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem)
}
