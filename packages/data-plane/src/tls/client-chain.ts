import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

// A property and not a WeakMap: HTTP/2 shows a session's socket only through a proxy, which passes properties on.
const kept = Symbol('client chain')
type WithChain = TLSSocket & { [kept]?: readonly X509Certificate[] }

const longestChain = 16

/**
 * What the client presented in this handshake, its own certificate first; a self-signed CA at the end is left out.
 * Only the certificate itself on a resumed session, and nothing where none was sent. Read from the TLS library once,
 * as reading takes the chain out of it.
 */
export function clientChainOf (socket: TLSSocket): readonly X509Certificate[] {
  const holder = socket as WithChain
  holder[kept] ??= readChain(socket)
  return holder[kept]
}

function readChain (socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let next = socket.getPeerX509Certificate()
  while (next !== undefined && chain.length < longestChain) {
    if (chain.length > 0 && next.issuer === next.subject) break
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}
