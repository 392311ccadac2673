import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { parseCertificate, staplePolicy, verifyResponse, type Certificate } from '@clinch/ocsp-core'
import type { Authority } from './pki.ts'

export interface Handshake {
  /** What the server presented; undefined when a session was resumed. */
  readonly certificate: Certificate | undefined
  /** The OCSP response that came with it, whatever it says. */
  readonly stapleDer: Buffer | undefined
  /** From the first octet of TCP to the end of the handshake. */
  readonly tookMs: number
}

/** One handshake of a client that asks for a staple, closed after it. Rejects with the code of the alert. */
export async function shakeHands (port: number, servername: string, options: ConnectionOptions = {}): Promise<Handshake> {
  const startedMs = performance.now()
  const socket = connect({ host: '127.0.0.1', port, servername, requestOCSP: true, rejectUnauthorized: false, ...options })
  let stapleDer: Buffer | undefined
  socket.on('OCSPResponse', (response: Buffer | null) => { stapleDer = response === null || response.length === 0 ? undefined : response })
  try {
    await once(socket, 'secureConnect')
    return { certificate: certificateOf(socket), stapleDer, tookMs: performance.now() - startedMs }
  } finally {
    socket.on('error', () => {}).destroy()
  }
}

/** What the staple says of the certificate that came with it, verified as any relying party would; `none` without one. */
export function stapledStatus ({ certificate, stapleDer }: Handshake, issuer: Authority): 'good' | 'revoked' | 'unknown' | 'none' | `OCSP_ERR_${string}` {
  if (stapleDer === undefined || certificate === undefined) return 'none'
  const verdict = verifyResponse({ der: stapleDer, certificate, issuer: issuer.certificate, nowMs: Date.now(), policy: staplePolicy })
  return verdict.kind === 'indeterminate' ? verdict.code : verdict.kind
}

function certificateOf (socket: TLSSocket): Certificate | undefined {
  const peer = socket.getPeerX509Certificate()
  return peer === undefined ? undefined : parseCertificate(peer.raw)
}
