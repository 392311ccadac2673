import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { CommandError } from './command-error.ts'
import { connectionError } from './connection-error.ts'
import { formatHostPort } from './host-port.ts'
import type { CheckHostOptions } from './options.ts'
import { Conversation } from './starttls/conversation.ts'
import { starttlsProtocols } from './starttls/protocols.ts'
import type { TrustAnchors } from './trust-anchors.ts'

/** What one full handshake showed. Nothing of it is verified but what `chainError` says. */
export interface Handshake {
  readonly staple: Buffer | undefined
  /** As the server sent it, its own certificate first. */
  readonly chain: readonly X509Certificate[]
  readonly protocol: string
  readonly cipher: string
  /** OpenSSL's name for what keeps the chain from being trusted. */
  readonly chainError: string | undefined
}

const longestChain = 16

/** Connects, starts TLS and asks for the staple. One deadline for all of it. Throws CommandError. */
export async function shakeHands (options: CheckHostOptions, anchors: TrustAnchors): Promise<Handshake> {
  const { host, port, starttls, timeoutMs } = options
  const socket = connectTcp({ host, port })
  const deadline = setTimeout(() => {
    socket.destroy(new CommandError('ETIMEDOUT', `${formatHostPort(options)} did not answer within ${timeoutMs / 1000} s`))
  }, timeoutMs)
  try {
    await once(socket, 'connect')
    if (starttls !== undefined) await startTls(socket, starttlsProtocols[starttls].ask)
    return await overTls(socket, options, anchors)
  } catch (error) {
    throw connectionError(error, options)
  } finally {
    clearTimeout(deadline)
    socket.on('error', () => {}).destroy()
  }
}

async function startTls (socket: Socket, ask: (conversation: Conversation) => Promise<void>): Promise<void> {
  const conversation = new Conversation(socket)
  await ask(conversation)
  conversation.end()
}

// The chain is judged and reported, never a reason to break off; the name is checked apart from it.
async function overTls (socket: Socket, { servername = '', tls12 }: CheckHostOptions, { source, pems }: TrustAnchors): Promise<Handshake> {
  const tls = connectTls({
    socket,
    servername,
    requestOCSP: true,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ca: [...pems],
    allowPartialTrustChain: source === 'file',
    ...(tls12 ? { maxVersion: 'TLSv1.2' } : {})
  })
  let staple: Buffer | undefined
  tls.once('OCSPResponse', (response: Buffer | null) => { staple = response ?? undefined })
  await new Promise<void>((resolve, reject) => {
    tls.once('secureConnect', resolve)
    tls.on('error', reject)
    socket.on('error', reject)
    tls.once('close', () => reject(new CommandError('ECONNRESET', 'the server closed the connection before TLS began')))
  })
  return { staple, ...factsOf(tls) }
}

function factsOf (tls: TLSSocket): Omit<Handshake, 'staple'> {
  const chainError = String(tls.authorizationError ?? '') // a code, whatever its type says
  return {
    chain: chainOf(tls),
    protocol: tls.getProtocol() ?? 'TLS',
    cipher: tls.getCipher().standardName,
    chainError: chainError === '' ? undefined : chainError
  }
}

// To be called once: reading takes the chain out of the TLS library.
function chainOf (tls: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next = tls.getPeerX509Certificate(); next !== undefined && chain.length < longestChain; next = next.issuerCertificate) chain.push(next)
  return chain
}
