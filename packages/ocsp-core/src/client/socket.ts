import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { portOf } from './port.ts'

export interface SocketOptions {
  readonly url: URL
  /** PEM certificates in place of the built-in ones. */
  readonly ca: string[] | undefined
  /** Destroys the socket, however far it has come. */
  readonly signal: AbortSignal
  /** In place of the system's resolution. */
  readonly lookup?: LookupFunction | undefined
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/** A connection to the host of a URL, with TLS if the URL says so. Several addresses are tried one after another. */
export async function openSocket (options: SocketOptions): Promise<Socket> {
  const { url, signal, lookup } = options
  const tcp = connectTcp({ host: hostOf(url), port: portOf(url), autoSelectFamily: true, noDelay: true, signal, ...(lookup === undefined ? {} : { lookup }) })
  if (url.protocol === 'https:') return await secureSocket(tcp, options)
  return await ready(tcp, 'connect')
}

/** TLS over a connection, verified against the host of the URL. */
export async function secureSocket (tcp: Socket, { url, ca }: SocketOptions): Promise<Socket> {
  const host = hostOf(url)
  const tls = connectTls({ socket: tcp, ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 ? { servername: host } : { host }), ...(ca === undefined ? {} : { ca }) })
  tcp.once('error', error => tls.destroy(error))
  return await ready(tls, 'secureConnect')
}

async function ready (socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.on('error', reject) // and stays: an error that comes later is heard by whoever uses the socket, or by nobody
  socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  socket.once(event, resolve)
  await promise
  return socket
}
