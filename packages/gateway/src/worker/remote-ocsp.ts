import { findIssuer, isIssuedBy, parseCertificate, type Certificate } from '@clinch/ocsp-core'
import type { ClientCheck, ClientVerdict, OcspService } from '@clinch/plugins'
import { LRUCache } from 'lru-cache'
import type { ClientNews, ClientSourceTerms, OcspQuestion } from '../ipc/messages.ts'
import { clientKey } from '../ocsp/client-question.ts'

interface Known extends ClientSourceTerms {
  readonly verdict: ClientVerdict
  readonly untilMs: number
  /** What `untilMs` was worked out for: good for those who would ask less often too. */
  readonly maxAgeMs: number
  /** Used since the primary was told. */
  wasSeen: boolean
}

interface Answer {
  readonly verdict: ClientVerdict
  readonly untilMs: number
}

const maxVerdicts = 10_000
const maxIssuers = 1000
const maxCrlIssuers = 4

/** Client verdicts as a worker has them: from memory, else by one message to the primary, whoever waits. */
export class RemoteOcsp implements OcspService {
  readonly #tell: (question: OcspQuestion) => void
  readonly #now: () => number
  readonly #known = new LRUCache<string, Known>({ max: maxVerdicts })
  readonly #asking = new Map<string, Promise<ClientVerdict>>()
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  /** By the fingerprint of what they issued. */
  readonly #issuers = new LRUCache<string, Certificate>({ max: maxIssuers })
  /** Of issuers that the primary was told of. */
  readonly #told = new LRUCache<string, true>({ max: maxIssuers })
  readonly #waitingForIssuer = new Map<number, (issuerDer: Uint8Array | undefined) => void>()
  #lastRequestId = 0

  constructor (tell: (question: OcspQuestion) => void, now: () => number) {
    this.#tell = tell
    this.#now = now
  }

  checkClient (check: ClientCheck): ClientVerdict | Promise<ClientVerdict> {
    const known = this.#known.get(check.certificate.fingerprint)
    if (known !== undefined && this.#now() < known.untilMs && isFor(known, check)) {
      known.wasSeen = true
      return known.verdict
    }
    const key = `${check.deadlineMs} ${check.maxAgeMs} ${keyOf(check.certificate.fingerprint, check)}`
    const asking = this.#asking.get(key) ?? this.#ask(check).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  findIssuer (certificate: Certificate): Certificate | Promise<Certificate | undefined> {
    return this.#issuers.get(certificate.fingerprint) ?? this.#askForIssuer(certificate)
  }

  /** The primary keeps them for all workers: a session that was begun here may be resumed at another. */
  rememberIssuers (issuers: readonly Certificate[]): void {
    const news = issuers.filter(({ fingerprint }) => !this.#told.has(fingerprint))
    if (news.length === 0) return
    for (const { fingerprint } of news) this.#told.set(fingerprint, true)
    this.#tell({ kind: 'clientIssuers', issuersDer: news.map(({ der }) => der) })
  }

  answer (requestId: number, answer: Answer): void {
    this.#waiting.get(requestId)?.(answer)
    this.#waiting.delete(requestId)
  }

  answerIssuer (requestId: number, issuerDer: Uint8Array | undefined): void {
    this.#waitingForIssuer.get(requestId)?.(issuerDer)
    this.#waitingForIssuer.delete(requestId)
  }

  /** Of what is not held here there is no need to know, but that it is revoked. */
  take (news: ClientNews): void {
    if (news.kind === 'allForgotten') return this.#known.clear()
    const { fingerprint } = news
    const known = this.#known.peek(fingerprint)
    if (news.kind === 'forgotten') this.#known.delete(fingerprint)
    else if (news.verdict.kind === 'revoked' || known?.verdict.kind === 'revoked' || (known !== undefined && haveSameSources(known, news))) {
      this.#known.set(fingerprint, { ...news, verdict: fromMemory(news.verdict), wasSeen: known?.wasSeen ?? false })
    }
  }

  /** Tells the primary with which certificates clients came: those are asked about ahead. */
  reportSeen (): void {
    const clients: Array<ClientSourceTerms & { readonly fingerprint: string }> = []
    for (const [fingerprint, known] of this.#known.entries()) {
      if (!known.wasSeen) continue
      known.wasSeen = false
      clients.push({ fingerprint, responder: known.responder, prefer: known.prefer, crl: known.crl })
    }
    if (clients.length > 0) this.#tell({ kind: 'clientsSeen', clients })
  }

  async #ask (check: ClientCheck): Promise<ClientVerdict> {
    const { certificate, responder, prefer, crl, maxAgeMs, deadlineMs, sslId, peerAddress } = check
    const { fingerprint } = certificate
    const requestId = ++this.#lastRequestId
    const { verdict, untilMs } = await new Promise<Answer>(resolve => {
      this.#waiting.set(requestId, resolve)
      const issuerDer = findIssuer(certificate, check.issuers)?.der
      this.#tell({ kind: 'clientCheck', check: { requestId, fingerprint, certificateDer: certificate.der, issuerDer, crlIssuersDer: crlIssuersOf(check), responder, prefer, crl, maxAgeMs, deadlineMs, sslId, peerAddress } })
    })
    // told of meanwhile, while an answer that is older was on its way
    const known = this.#known.peek(fingerprint)
    if (known?.verdict.kind === 'revoked' && this.#now() < known.untilMs && !isNewer(verdict, known.verdict)) return known.verdict
    if (this.#now() < untilMs) this.#known.set(fingerprint, { responder, prefer, crl, verdict: fromMemory(verdict), untilMs, maxAgeMs, wasSeen: false })
    return verdict
  }

  async #askForIssuer (certificate: Certificate): Promise<Certificate | undefined> {
    const requestId = ++this.#lastRequestId
    const issuerDer = await new Promise<Uint8Array | undefined>(resolve => {
      this.#waitingForIssuer.set(requestId, resolve)
      this.#tell({ kind: 'clientIssuerWanted', requestId, certificateDer: certificate.der })
    })
    if (issuerDer === undefined) return undefined
    const issuer = parseCertificate(Buffer.from(issuerDer))
    if (!isIssuedBy(certificate, issuer)) return undefined
    this.#issuers.set(certificate.fingerprint, issuer)
    return issuer
  }
}

// Revoked is revoked, whoever is asked.
function isFor (known: Known, check: ClientCheck): boolean {
  return known.verdict.kind === 'revoked' || (haveSameSources(known, check) && known.maxAgeMs <= check.maxAgeMs)
}

function haveSameSources (a: ClientSourceTerms, b: ClientSourceTerms): boolean {
  return a === b || keyOf('', a) === keyOf('', b)
}

function keyOf (fingerprint: string, { responder, prefer, crl }: ClientSourceTerms): string {
  return clientKey({ fingerprint, responder, prefer, crl })
}

// Of those who stand in its distribution points in place of its issuer; whether they may is for the primary to judge.
function crlIssuersOf ({ certificate: { crlPoints }, issuers }: ClientCheck): readonly Buffer[] {
  const names = crlPoints.flatMap(({ crlIssuers }) => crlIssuers)
  if (names.length === 0) return []
  return issuers.filter(({ subjectDer }) => names.some(name => name.equals(subjectDer))).slice(0, maxCrlIssuers).map(({ der }) => der)
}

function isNewer (verdict: ClientVerdict, revoked: ClientVerdict): boolean {
  if (verdict.kind === 'revoked') return true
  return verdict.kind === 'good' && 'thisUpdateMs' in revoked && verdict.thisUpdateMs > revoked.thisUpdateMs
}

function fromMemory (verdict: ClientVerdict): ClientVerdict {
  return 'source' in verdict ? { ...verdict, source: 'cache' } : verdict
}
