import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Certificate, CrlPoint } from '@clinch/ocsp-core'
import type { ClientQuestion } from './client-question.ts'

/** One CRL: where it is, and who has to have signed it. */
export interface CrlSource {
  /** http, https, or a path. */
  readonly place: string
  readonly isFile: boolean
  /** The URL comes out of a certificate. */
  readonly isGuarded: boolean
  readonly issuer: Certificate
  /** Of those whom the certificate states in place of the issuer. */
  readonly crlIssuers: readonly Certificate[]
}

/** What can be looked at for one distribution point, each in the place of the one before. */
export interface CrlAlternatives {
  readonly sources: readonly CrlSource[]
  /** Against which a CRL of theirs is judged. */
  readonly points: readonly CrlPoint[]
}

export type CrlQuestion = Pick<ClientQuestion, 'certificate' | 'issuer' | 'crl' | 'crlIssuers'>

const maxPoints = 4
const maxUrlsOfPoint = 4

/**
 * The CRLs to be looked at, in order: what an operator has configured (`ssl_crl`), which stands in front of the
 * certificate's own distribution points, and in place of them where it is a URL; a file may be about other issuers. Points without an http or https URL are
 * skipped, since nothing can be fetched from them.
 *
 * @param baseDir - what a relative path is relative to
 */
export function crlSourcesOf ({ certificate, issuer, crl, crlIssuers }: CrlQuestion, baseDir: string): readonly CrlAlternatives[] {
  const base = { issuer, crlIssuers, isFile: false }
  const own = certificate.crlPoints.slice(0, maxPoints).flatMap(point => {
    const sources = [...new Set(point.uris)].filter(isHttp).slice(0, maxUrlsOfPoint).map(place => ({ ...base, place, isGuarded: true }))
    return sources.length === 0 ? [] : [{ sources, points: [point] }]
  })
  if (crl === undefined) return own
  const isFile = !isHttp(crl)
  const configured = { sources: [{ ...base, place: isFile ? resolve(baseDir, crl) : crl, isFile, isGuarded: false }], points: certificate.crlPoints }
  return isFile ? [configured, ...own] : [configured]
}

/** Also the name of its file on disk: who asks for another issuer's CRL at the same place gets another. */
export function crlKey ({ place, isGuarded, issuer, crlIssuers }: CrlSource): string {
  const signers = [issuer, ...crlIssuers].map(({ subjectDer, publicKeyDer }) => sha256(Buffer.concat([subjectDer, publicKeyDer])))
  return sha256(Buffer.from(JSON.stringify([place, isGuarded, ...signers])))
}

/** What may be shown of a place: a host, or a path that an operator has configured. */
export function shownPlace ({ place, isFile }: Pick<CrlSource, 'place' | 'isFile'>): string {
  return isFile ? place : URL.parse(place)?.host ?? ''
}

const isHttp = (uri: string): boolean => /^https?:\/\/[^/?#]/i.test(uri) && URL.canParse(uri)

const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')
