import type { Certificate } from '../certificate/certificate.ts'
import { minimal } from '../der/integer.ts'
import { reasonName } from '../reason-name.ts'
import type { OcspErrorCode } from '../errors.ts'
import { Fault } from '../response/fault.ts'
import { judgeTime, type Window } from '../response/time.ts'
import type { Crl } from './crl.ts'
import type { CrlPoint } from './distribution-points.ts'
import { type CrlErrorCode, type CrlFailure, crlFailed } from './errors.ts'
import type { CrlPolicy } from './read-crl.ts'
import type { ReasonSet } from './reasons.ts'

/** What one CRL says of one certificate. Times are epoch milliseconds. */
export type CrlJudgement = CrlRevoked | CrlUnlisted | CrlFailure

interface Judged {
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  /** Exclusive: nextUpdate, cut by policy, signer and certificate. */
  readonly usableEndMs: number
  readonly signer: Crl['signer']
}

export interface CrlRevoked extends Judged {
  readonly kind: 'revoked'
  readonly revokedAtMs: number
  /** As in a StatusVerdict. */
  readonly reason?: string
}

/** It is not listed, which is good as far as the reasons go for which the CRL speaks. */
export interface CrlUnlisted extends Judged {
  readonly kind: 'unlisted'
  readonly reasons: ReasonSet
}

export interface JudgeByCrlOptions {
  readonly certificate: Certificate
  readonly crl: Crl
  /** Where it came from; all points of the certificate for one that did not come from any. */
  readonly points: readonly CrlPoint[]
  readonly nowMs: number
  readonly policy: CrlPolicy
}

/**
 * Looks a certificate up in a CRL that was read by readCrl for its issuer. A CRL that does not speak for it says nothing of
 * it. One that has expired is proof of nothing but its revocations, which stay: for holds, too, and for removeFromCRL, which
 * has no meaning in a complete CRL. [RFC 5280 6.3.3]
 */
export function judgeByCrl (options: JudgeByCrlOptions): CrlJudgement {
  const { certificate, crl, nowMs, policy } = options
  const reasons = coveredReasons(options)
  if (reasons === undefined) return crlFailed('CRL_ERR_SCOPE')
  const issuer = crl.issuers.findIndex(name => name.equals(certificate.issuerDer))
  const entry = issuer === -1 ? undefined : crl.table.find(minimal(certificate.serialNumber), issuer)
  const time = judgeCrlTime(crl, nowMs, policy)
  if (time.kind === 'failed' && (entry === undefined || !late.has(time.code))) return time
  const { nextUpdateMs, usableEndMs } = time.kind === 'failed' ? endedWindow(crl) : time
  const { thisUpdateMs, signer } = crl
  const judged = { thisUpdateMs, nextUpdateMs, usableEndMs: Math.min(usableEndMs, certificate.notAfterMs, signer.kind === 'issuer' ? Infinity : signer.notAfterMs), signer }
  if (entry === undefined) return { kind: 'unlisted', ...judged, reasons }
  const { revokedAtMs, reasonNumber } = entry
  return { kind: 'revoked', ...judged, revokedAtMs, ...(reasonNumber === undefined ? {} : { reason: reasonName(reasonNumber) }) }
}

export interface CrlWindow extends Window {
  readonly kind: 'inTime'
}

/** Whether a CRL is in time, and until when. */
export function judgeCrlTime (crl: Crl, nowMs: number, policy: CrlPolicy): CrlWindow | CrlFailure {
  const judged = judgeTime(crl, crl.thisUpdateMs, nowMs, policy)
  return judged instanceof Fault ? crlFailed(timeCodes[judged.code] ?? 'CRL_ERR_MALFORMED') : { kind: 'inTime', ...judged }
}

const timeCodes: Partial<Record<OcspErrorCode, CrlErrorCode>> = {
  OCSP_ERR_NOT_YET_VALID: 'CRL_ERR_NOT_YET_VALID',
  OCSP_ERR_NEXT_UPDATE_MISSING: 'CRL_ERR_NEXT_UPDATE_MISSING',
  OCSP_ERR_TIME_ORDER: 'CRL_ERR_TIME_ORDER',
  OCSP_ERR_EXPIRED: 'CRL_ERR_EXPIRED',
  OCSP_ERR_TOO_OLD: 'CRL_ERR_TOO_OLD'
}
const late: ReadonlySet<CrlErrorCode> = new Set(['CRL_ERR_EXPIRED', 'CRL_ERR_TOO_OLD'])

const endedWindow = ({ thisUpdateMs, nextUpdateMs = thisUpdateMs }: Crl): Window => ({ nextUpdateMs, usableEndMs: nextUpdateMs })

/** The reasons for which the CRL speaks for the certificate; undefined: it does not. [RFC 5280 6.3.3 (b)] */
function coveredReasons ({ certificate, crl: { scope, issuerDer }, points }: JudgeByCrlOptions): ReasonSet | undefined {
  if (scope.only === 'attributeCertificates') return undefined
  if (scope.only !== undefined && (scope.only === 'caCertificates') !== certificate.isCa) return undefined
  const isFor = ({ crlIssuers, names }: CrlPoint): boolean => {
    const isOfIssuer = crlIssuers.length === 0 ? issuerDer.equals(certificate.issuerDer) : scope.isIndirect && includes(crlIssuers, issuerDer)
    return isOfIssuer && (scope.pointNames?.some(name => includes(names, name)) ?? true)
  }
  const point = points.find(isFor)
  if (point !== undefined) return scope.reasons & point.reasons
  return scope.pointNames === undefined && issuerDer.equals(certificate.issuerDer) ? scope.reasons : undefined
}

const includes = (list: readonly Buffer[], wanted: Buffer): boolean => list.some(one => one.equals(wanted))
