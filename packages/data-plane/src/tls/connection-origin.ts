import { AsyncLocalStorage } from 'node:async_hooks'
import type { Socket } from 'node:net'
import type { ProxiedConnection } from '../proxy-protocol/proxied-connection.ts'
import type { ClientHello } from './client-hello.ts'

/** What was read of a connection before TLS began. */
export interface ConnectionOrigin {
  readonly tcp: Socket
  readonly proxied: ProxiedConnection | undefined
  readonly offered: Pick<ClientHello, 'cipherSuites' | 'groups'>
}

/** Nothing that is public in node leads from a TLS socket to the socket below; what happens on account of that one does. */
export const connectionOrigin = new AsyncLocalStorage<ConnectionOrigin>()
