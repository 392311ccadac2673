import { keyHash, type ReadRequest } from './ocsp-request.ts'
import { buildRefusal, buildResponse, type EntrySpec, type ResponseSpec } from './ocsp-response.ts'
import type { Authority, Issued } from './pki.ts'

/** What a responder knows of one certificate. */
export interface KnownStatus {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly revokedAtMs?: number
  readonly reason?: number
}

/** Ways to lie in OCSP; the rest is in HttpLie. */
export type OcspLie = 'wrongSerial' | 'wrongSigner' | 'badSignature' | 'expired' | 'notYetValid' | 'noNextUpdate' | 'wrongNonce' | 'noNonce' | 'garbage' | 'truncated'
export type Refusal = 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized'

export interface AnswerOptions {
  /** Whose certificates it speaks for. */
  readonly authority: Authority | readonly Authority[]
  /** Signs in place of the authority; embedded in the answers. */
  readonly delegate?: Issued | undefined
  /** For serials that were never set. */
  readonly defaultStatus?: KnownStatus['status'] | undefined
  /** From thisUpdate, which is a minute ago, to nextUpdate. */
  readonly windowMs?: number | undefined
  readonly now?: (() => number) | undefined
  /** Answers `unauthorized` to any other hash. */
  readonly onlyHash?: 'sha1' | 'sha256' | undefined
  /** Last word on what is built. */
  readonly shape?: ((spec: ResponseSpec, request: ReadRequest) => ResponseSpec) | undefined
}

const refusals: Readonly<Record<Refusal, number>> = { malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6 }
const minuteMs = 60_000

/** An unsigned answer by its name. */
export const refusal = (name: Refusal): Buffer => buildRefusal(refusals[name])

export const isRefusal = (lie: unknown): lie is Refusal => typeof lie === 'string' && lie in refusals

const ocspLies: ReadonlySet<unknown> = new Set<OcspLie>([
  'wrongSerial', 'wrongSigner', 'badSignature', 'expired', 'notYetValid', 'noNextUpdate', 'wrongNonce', 'noNonce', 'garbage', 'truncated'
])
export const isOcspLie = (lie: unknown): lie is OcspLie => ocspLies.has(lie)

/** The signed answer to a request: true unless told to lie. */
export function signedAnswer (read: ReadRequest, lie: OcspLie | undefined, options: AnswerOptions, known: ReadonlyMap<string, KnownStatus>): Buffer {
  const authority = [options.authority].flat().find(({ certificate }) => keyHash(read.hash, certificate.publicKeyBits).equals(read.issuerKeyHash))
  const wrongHash = options.onlyHash !== undefined && options.onlyHash !== read.hash
  if (authority === undefined || wrongHash) return refusal('unauthorized')
  const { delegate, defaultStatus = 'good', windowMs = 60 * minuteMs, now = Date.now, shape = spec => spec } = options
  const nowMs = Math.floor(now() / 1000) * 1000
  const shiftMs = lie === 'expired' ? -(windowMs + 60 * minuteMs) : lie === 'notYetValid' ? 60 * minuteMs : 0
  const entry: EntrySpec = {
    certificate: authority.certificate,
    issuer: authority.certificate,
    hash: read.hash,
    issuerNameHash: read.issuerNameHash,
    issuerKeyHash: read.issuerKeyHash,
    serial: lie === 'wrongSerial' ? Buffer.from('0badcafe', 'hex') : Buffer.from(read.serialHex, 'hex'),
    ...(known.get(canonical(read.serialHex)) ?? { status: defaultStatus }),
    thisUpdate: nowMs - minuteMs + shiftMs,
    nextUpdate: lie === 'noNextUpdate' ? null : nowMs - minuteMs + windowMs + shiftMs
  }
  const signer = lie === 'wrongSigner' ? authority.issue({ subject: 'no delegate' }) : delegate ?? authority
  const built = buildResponse(shape({
    entries: [entry],
    signer,
    producedAt: nowMs + Math.min(shiftMs, 0),
    nonce: lie === 'noNonce' ? undefined : lie === 'wrongNonce' ? Buffer.alloc(32) : read.nonce,
    certs: signer === authority ? undefined : [signer.certDer],
    ...(lie === 'badSignature' ? { signature: flipLastBit } : {})
  }, read))
  if (lie === 'garbage') return Buffer.from('this is not the response you are looking for')
  return lie === 'truncated' ? built.subarray(0, built.length - 7) : built
}

function flipLastBit (signature: Buffer): Buffer {
  const flipped = Buffer.from(signature)
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
  return flipped
}

/** Serials without leading zeros, in lower case. */
export const canonical = (hex: string): string => hex.toLowerCase().replace(/^(?:00)+(?=.)/, '')
