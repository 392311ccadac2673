import { OutOfBounds, Reader } from './octet-reader.ts'

/** What the gateway needs of a ClientHello before TLS starts (RFC 8446 §4.1.2, RFC 6066, RFC 7301). */
export interface ClientHello {
  /** As it was sent; not normalised. Undefined when the client named no host. */
  readonly serverName: string | undefined
  readonly alpn: readonly string[]
  /** From supported_versions, else from legacy_version: 0x0304 is TLS 1.3. */
  readonly versions: readonly number[]
  readonly cipherSuites: readonly number[]
  readonly signatureSchemes: readonly number[]
  /** From supported_groups (RFC 8446 §4.2.7). */
  readonly groups: readonly number[]
  /** status_request of type ocsp (RFC 6066 §8). */
  readonly wantsStaple: boolean
}

export type ClientHelloResult =
  | { readonly kind: 'complete', readonly hello: ClientHello }
  | { readonly kind: 'incomplete', readonly atLeast: number }
  | { readonly kind: 'notTls' }
  | { readonly kind: 'malformed', readonly reason: string }

/** A hello with a post-quantum key share and a long ALPN list is under 3 KiB; this is the most that is ever kept. */
export const maxClientHelloBytes = 16 * 1024

export const tooLarge = 'ClientHello too large'

const handshakeRecord = 22
const clientHelloMessage = 1

/**
 * Reads a ClientHello from the first octets of a connection, across TLS records. Never throws and never looks past
 * `bytes`; `incomplete` asks for more of the same connection: it cannot be whole before `atLeast` octets.
 */
export function parseClientHello (bytes: Buffer): ClientHelloResult {
  const message = findMessage(bytes)
  return message instanceof Reader ? parseMessage(message) : message
}

// The inside of the handshake message. Nearly always it is whole in the first record and is read where it lies.
function findMessage (bytes: Buffer): Reader | Exclude<ClientHelloResult, { kind: 'complete' }> {
  let fragments: Buffer[] | undefined
  let gathered = 0
  let messageLength: number | undefined
  let at = 0
  for (;;) {
    if (at >= bytes.length) return { kind: 'incomplete', atLeast: at + 6 }
    if (bytes[at] !== handshakeRecord) return at === 0 ? { kind: 'notTls' } : { kind: 'malformed', reason: 'another record inside the ClientHello' }
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return { kind: 'notTls' }
    if (at + 5 > bytes.length) return { kind: 'incomplete', atLeast: at + 6 }
    const start = at + 5
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || length > 16384) return { kind: 'malformed', reason: 'record length out of bounds' }
    const held = Math.min(length, bytes.length - start)
    gathered += held
    if (messageLength === undefined && gathered >= 4) {
      const [head, from] = fragments === undefined ? [bytes, start] : [Buffer.concat([...fragments, bytes.subarray(start, start + held)]), 0]
      if (head[from] !== clientHelloMessage) return { kind: 'malformed', reason: 'the first message is no ClientHello' }
      messageLength = head.readUIntBE(from + 1, 3) + 4
      if (messageLength > maxClientHelloBytes) return { kind: 'malformed', reason: tooLarge }
      if (fragments === undefined && gathered >= messageLength) return new Reader(bytes, start + 4, start + messageLength)
    }
    fragments ??= []
    fragments.push(bytes.subarray(start, start + held))
    if (messageLength !== undefined && gathered >= messageLength) return new Reader(Buffer.concat(fragments, gathered), 4, messageLength)
    at = start + length
    if (held < length) return { kind: 'incomplete', atLeast: at }
  }
}

function parseMessage (reader: Reader): ClientHelloResult {
  try {
    const legacyVersion = reader.uint16()
    reader.skip(32)
    reader.vector(1)
    const cipherSuites = reader.vector(2).uint16List()
    reader.vector(1)
    const found = { serverName: undefined as string | undefined, alpn: [] as string[], versions: [legacyVersion], signatureSchemes: [] as number[], groups: [] as number[], wantsStaple: false }
    if (!reader.atEnd()) {
      const extensions = reader.vector(2)
      if (!reader.atEnd()) throw new OutOfBounds()
      while (!extensions.atEnd()) {
        const type = extensions.uint16()
        const data = extensions.vector(2)
        switch (type) {
          case 0: found.serverName = readServerName(data); break
          case 5: found.wantsStaple = data.length >= 5 && data.uint8() === 1; break
          case 10: found.groups = data.vector(2).uint16List(); break
          case 13: found.signatureSchemes = data.vector(2).uint16List(); break
          case 16: found.alpn = readProtocols(data.vector(2)); break
          case 43: found.versions = data.vector(1).uint16List(); break
        }
      }
    }
    return { kind: 'complete', hello: { ...found, cipherSuites } }
  } catch (error) {
    if (error instanceof OutOfBounds) return { kind: 'malformed', reason: 'Bad SSL Client Hello Extension' }
    throw error
  }
}

// RFC 6066 §3: a list with at most one host_name (type 0), ASCII, never empty.
function readServerName (data: Reader): string | undefined {
  const list = data.vector(2)
  let name: string | undefined
  while (!list.atEnd()) {
    const type = list.uint8()
    const value = list.vector(2).text()
    if (type !== 0) continue
    if (name !== undefined || !printable.test(value)) throw new OutOfBounds()
    name = value
  }
  return name
}

const printable = /^[!-~]+$/

function readProtocols (list: Reader): string[] {
  const protocols: string[] = []
  while (!list.atEnd()) protocols.push(list.vector(1).text())
  return protocols
}
