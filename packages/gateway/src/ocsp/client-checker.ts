import { crlErrors, parseCertificate } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import type { ClientCheckMessage, ClientNews } from '../ipc/messages.ts'
import { ClientAhead } from './client-ahead.ts'
import type { ClientDisk } from './client-disk.ts'
import type { ClientEvents } from './client-events.ts'
import { ClientIssuers } from './client-issuers.ts'
import type { ClientOutcome, StatusErrorCode } from './client-outcome.ts'
import { askedOf, clientKey, type AskedClient, type ClientAnswer, type ClientQuestion } from './client-question.ts'
import { revocationName } from './client-revocation.ts'
import { ClientRevocations } from './client-revocations.ts'
import type { ClientSources } from './client-sources.ts'
import { ClientVerdicts, type ClientLimits, type Settled, type Tier } from './client-verdicts.ts'
import type { CrlKeeper } from './crl-keeper.ts'
import type { KeptCrl } from './crl-kept.ts'
import type { CrlLookup } from './crl-lookup.ts'
import type { CrlView } from './crl-view.ts'
import { viewOfError, viewOfKept, type ClientView } from './client-view.ts'

export interface ClientCheckerOptions {
  readonly sources: ClientSources
  readonly crls: CrlLookup
  readonly crlKeeper: CrlKeeper
  readonly disk: ClientDisk
  readonly events: ClientEvents
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** By how much the clocks of responders may differ. */
  readonly skewMs: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly onHit: (tier: Tier) => void
  /** Tells every worker. */
  readonly publish: (news: readonly ClientNews[]) => void
  readonly limits?: ClientLimits | undefined
}

interface Asking {
  readonly question: ClientQuestion
  readonly asked: Promise<Asked>
}

interface Asked {
  readonly answer: ClientAnswer
  /** Why no source decided. */
  readonly failure: { readonly code: StatusErrorCode, readonly retryAfterMs?: number | undefined } | undefined
}

// A question goes on for this long at least, whoever gave up waiting: its answer is of use to the next who comes.
const patienceMs = 2000
const sweepMs = 3_600_000

/**
 * Answers for the whole machine whether a client's certificate is revoked: from memory, else by asking once, whoever
 * waits. What was revoked stays revoked, over restarts too; who comes often is asked about ahead; and when a certificate
 * turns `revoked` every worker is told.
 */
export class ClientChecker {
  readonly #options: ClientCheckerOptions
  readonly #verdicts: ClientVerdicts
  readonly #issuers = new ClientIssuers()
  readonly #revocations: ClientRevocations
  readonly #ahead: ClientAhead
  readonly #asking = new Map<string, Asking>()
  readonly #stopping = new AbortController()
  #policyVersion = 0
  #sweeping: NodeJS.Timeout | undefined

  constructor (options: ClientCheckerOptions) {
    this.#options = options
    this.#verdicts = new ClientVerdicts({ ...options.limits, skewMs: options.skewMs, onHit: options.onHit, onEvicted: ({ name }) => this.#revocations.remove(name) })
    this.#revocations = new ClientRevocations({ disk: options.disk, now: options.now, log: options.log, onFound: revocation => this.#verdicts.restore(revocation) })
    this.#ahead = new ClientAhead({
      now: options.now,
      random: options.random,
      statusOf: key => this.#verdicts.statusOf(key),
      ask: async (key, { certificateDer, question }) => await this.#askAhead(key, { ...question, certificate: parseCertificate(certificateDer), peerAddress: undefined })
    })
  }

  /** Reads what is on disk, in the background; a check of a certificate that was not read yet reads it. */
  start (): void {
    this.#revocations.start()
    this.#sweeping = setInterval(() => {
      for (const { name } of this.#verdicts.dropEnded(this.#options.now())) this.#revocations.remove(name)
    }, sweepMs).unref()
  }

  async check (check: ClientCheckMessage): Promise<ClientAnswer> {
    const { certificateDer, issuerDer, crlIssuersDer, responder, prefer, crl, maxAgeMs, deadlineMs, sslId, peerAddress } = check
    const known = this.#verdicts.find(check, this.#options.now())
    if (known !== undefined) {
      this.see([check])
      return known
    }
    const certificate = parseCertificate(Buffer.from(certificateDer))
    const issuer = issuerDer === undefined ? this.#issuers.find(certificate) : this.#issuers.remember(parseCertificate(Buffer.from(issuerDer)))
    if (issuer === undefined) return issuerMissing
    const crlIssuers = crlIssuersDer.map(der => parseCertificate(Buffer.from(der)))
    return await this.#answerInTime({ certificate, issuer, responder, prefer, crl, crlIssuers, maxAgeMs, deadlineMs, sslId, peerAddress })
  }

  /** Who issued a certificate of a client, if that came along before; DER. */
  findIssuer (certificateDer: Uint8Array): Buffer | undefined {
    return this.#issuers.find(parseCertificate(Buffer.from(certificateDer)))?.der
  }

  /** Issuers whose signatures a worker verified; DER. */
  rememberIssuers (issuersDer: readonly Uint8Array[]): void {
    for (const der of issuersDer) this.#issuers.remember(parseCertificate(Buffer.from(der)))
  }

  /** Clients came with these; workers tell it of those that they answered from memory. */
  see (clients: readonly AskedClient[]): void {
    const nowMs = this.#options.now()
    for (const client of clients) {
      this.#verdicts.see(client, nowMs)
      this.#ahead.see(clientKey(client))
    }
  }

  get views (): readonly ClientView[] {
    return [...[...this.#verdicts.revocations, ...this.#verdicts.statuses].map(viewOfKept), ...this.#verdicts.errors.map(viewOfError)]
  }

  get sizes (): Readonly<Record<Tier, number>> { return this.#verdicts.sizes }

  /** Forgets what is known of a certificate, on disk and in the workers too; false if that was nothing. */
  async forget (fingerprint: string): Promise<boolean> {
    await this.#revocations.read // it may be on disk and not be read yet
    const revocation = this.#verdicts.revocationOf(fingerprint)
    if (revocation !== undefined) this.#revocations.remove(revocation.name)
    const hadAny = this.#verdicts.forget(fingerprint)
    if (hadAny) this.#options.publish([{ kind: 'forgotten', fingerprint }])
    return hadAny
  }

  /** The policy is another: what was accepted under the old one, or is about to be, is asked for anew. Revocations stand. */
  policyChanged (): void {
    this.#policyVersion++
    this.#options.crlKeeper.forget()
    this.#verdicts.forgetStatuses()
    this.#options.publish([{ kind: 'allForgotten' }])
  }

  /** The wall clock was set by so much: everything is judged again by whoever uses it, and planned again here. */
  clockJumped (byMs: number): void {
    this.#options.crlKeeper.clockJumped(byMs)
    this.#verdicts.clockJumped(byMs)
    this.#options.publish([{ kind: 'allForgotten' }])
    for (const { fingerprint, question } of this.#verdicts.statuses) this.#ahead.plan(clientKey({ ...question, fingerprint }))
  }

  /** The CRLs that are kept. */
  get crls (): readonly CrlView[] { return this.#options.crlKeeper.views }

  /** Starts to fetch the CRLs that are due, as their own timer does. */
  fetchDueCrls (): void {
    this.#options.crlKeeper.run()
  }

  /** An attempt to get a CRL has ended: who had to do without may ask again, and what it lists is revoked from now on. */
  takeCrl (kept: KeptCrl): void {
    const { crl, failure, failures, source: { issuer } } = kept
    if (failures <= 1) this.#verdicts.forgetErrorsThatAwaitCrls() // who waited for a first attempt that failed learns why
    if (crl === undefined || failure !== undefined) return
    for (const { certificateDer, serialNumber, question } of this.#verdicts.statuses) {
      if (question.prefer === 'ocsp_only' || !question.issuer.publicKeyDer.equals(issuer.publicKeyDer) || !crl.table.mayList(serialNumber)) continue
      const asked = { ...question, certificate: parseCertificate(certificateDer), peerAddress: undefined }
      const finding = this.#options.crls.judgeByOne(kept, asked)
      if (finding.kind !== 'revoked') continue
      const { place, ...verdict } = finding
      this.#settle(clientKey(askedOf(asked)), asked, { kind: 'byCrl', verdict, responder: place })
    }
  }

  /** Asks about what is due to be asked ahead, as its own timer does; resolves when the answers are in. */
  async askDue (): Promise<void> {
    await this.#ahead.run()
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#sweeping)
    await this.#options.crlKeeper.close()
    await this.#ahead.close()
    await Promise.allSettled([...this.#asking.values()].map(({ asked }) => asked))
    await this.#revocations.close()
  }

  // Who waits gives up at its own deadline, which ends nothing for the others.
  async #answerInTime (question: ClientQuestion): Promise<ClientAnswer> {
    const asking = this.#askOnce(question)
    if (question.deadlineMs >= patienceMs) return (await asking.asked).answer
    const { promise, resolve } = Promise.withResolvers<ClientAnswer>()
    const timer = setTimeout(() => resolve(pending(this.#options.sources.pendingCode(asking.question))), question.deadlineMs)
    try {
      return await Promise.race([promise, asking.asked.then(({ answer }) => answer)])
    } finally {
      clearTimeout(timer)
    }
  }

  async #askAhead (key: string, question: ClientQuestion): Promise<Asked['failure']> {
    const { answer, failure } = await this.#askOnce(question).asked
    // so that no worker has to ask; one that turned was told already
    if (answer.verdict.kind === 'good') this.#tell(question, answer)
    return failure
  }

  #askOnce (question: ClientQuestion): Asking {
    const key = clientKey(askedOf(question))
    const asking = this.#asking.get(key) ?? { question, asked: this.#ask(key, question).finally(() => this.#asking.delete(key)) }
    this.#asking.set(key, asking)
    return asking
  }

  async #ask (key: string, question: ClientQuestion): Promise<Asked> {
    const { sources, now } = this.#options
    const known = await this.#revocations.find(question) ? this.#verdicts.find({ ...askedOf(question), maxAgeMs: question.maxAgeMs }, now()) : undefined
    if (known !== undefined) return { answer: known, failure: undefined }
    const revokedBy = this.#verdicts.revokedBy(question.certificate.fingerprint, now())
    const policyVersion = this.#policyVersion
    const outcome = await sources.ask(question, Math.max(question.deadlineMs, patienceMs), this.#stopping.signal, revokedBy)
    if (policyVersion !== this.#policyVersion && !this.#stopping.signal.aborted) return await this.#ask(key, question)
    const settled = this.#settle(key, question, outcome)
    return { answer: settled.answer, failure: settled.result === 'fail' ? failureOf(outcome) : undefined }
  }

  #settle (key: string, question: ClientQuestion, outcome: ClientOutcome): Settled {
    const settled = this.#verdicts.settle(question, outcome, this.#options.now())
    this.#options.events.settled(question, outcome, settled)
    this.#follow(question, outcome, settled)
    if (settled.result !== 'fail') this.#ahead.plan(key)
    return settled
  }

  #tell ({ certificate: { fingerprint }, responder, prefer, crl, maxAgeMs }: ClientQuestion, { verdict, untilMs }: ClientAnswer): void {
    this.#options.publish([{ kind: 'verdict', fingerprint, responder, prefer, crl, maxAgeMs, verdict, untilMs }])
  }

  // Whoever has to know is told of what turned, and a revocation goes to disk.
  #follow (question: ClientQuestion, outcome: ClientOutcome, { turn, answer, result }: Settled): void {
    const { certificate, issuer } = question
    if (turn !== undefined) this.#tell(question, answer)
    if (turn === 'lifted') this.#revocations.remove(revocationName(certificate, issuer))
    if (result === 'take' && outcome.kind === 'verified' && outcome.verdict.kind === 'revoked') this.#revocations.save(question, outcome.der)
  }
}

// not kept by anybody: the next who comes may bring the issuer along
const issuerMissing = noVerdict('OCSP_ERR_ISSUER_NOT_FOUND', 'issuer certificate not found')

function pending (code: StatusErrorCode): ClientAnswer {
  if (code === 'OCSP_ERR_OVERLOADED') return noVerdict(code, 'too many questions side by side')
  return noVerdict(code, code === 'CRL_ERR_LOADING' ? crlErrors[code] : 'timeout')
}

function noVerdict (code: StatusErrorCode, detail: string): ClientAnswer {
  return { verdict: { kind: 'indeterminate', code, detail }, untilMs: 0 }
}

function failureOf (outcome: ClientOutcome): NonNullable<Asked['failure']> {
  return outcome.kind === 'indeterminate' ? outcome : { code: 'OCSP_ERR_CERT_ID_NOT_FOUND' }
}
