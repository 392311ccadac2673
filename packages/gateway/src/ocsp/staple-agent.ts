import { askStatus, dueTime, respondersFor, replaces, retryDelay, unchangedDelay, verifyResponse, type AskOutcome, type HashMemory, type OcspClient, type OcspErrorCode, type StatusVerdict, type VerifyPolicy } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import type { StapleMessage } from '../ipc/messages.ts'
import { DueQueue } from './due-queue.ts'
import { failureLine, statusLine } from './failure-line.ts'
import type { FetchMetrics } from './fetch-metrics.ts'
import type { StapleDisk } from './staple-disk.ts'
import type { StapleTarget } from './staple-target.ts'

export interface StapleAgentOptions {
  readonly client: OcspClient
  readonly disk: StapleDisk
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly policy: VerifyPolicy
  readonly deadlineMs: number
  readonly maxInFlight: number
  /** Tells the workers. */
  readonly publish: (messages: readonly StapleMessage[]) => void
}

interface Held {
  readonly der: Buffer
  readonly thisUpdateMs: number
  readonly producedAtMs: number
  readonly usableEndMs: number
  readonly kind: 'good' | 'revoked' | 'unknown'
  readonly verified: boolean
  readonly fetchedAtMs: number
}

interface Kept {
  target: StapleTarget
  held: Held | undefined
  /** A verified answer that is not good takes the staple's place only when it is a newer `revoked`. */
  failures: number
  lastTryMs: number
  lastFailure: { readonly code: string, readonly line: string, readonly sinceMs: number } | undefined
  lastLoggedMs: number
  responder: string | undefined
}

/** What the control API shows of one staple. */
export interface StapleView {
  readonly ssl_id: string
  readonly snis: readonly string[]
  readonly fingerprint: string
  readonly state: 'good' | 'revoked' | 'unknown' | 'unverified' | 'none'
  readonly this_update: string | undefined
  readonly usable_end: string | undefined
  readonly due: string | undefined
  readonly responder: string | undefined
  readonly last_error: { readonly code: string, readonly message: string, readonly since: string } | undefined
  readonly failures: number
}

const repeatLogMs = 3_600_000

/**
 * Keeps a fresh staple for every certificate that wants one: fetched when the configuration changes, verified, kept in
 * memory and on disk, refreshed before it ends, told to every worker. Workers ask nobody.
 */
export class StapleAgent {
  readonly #options: StapleAgentOptions
  readonly #kept = new Map<string, Kept>()
  readonly #queue = new DueQueue<string>()
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor (options: StapleAgentOptions) {
    this.#options = options
  }

  /** Everything there is to staple. What is new is loaded from disk or fetched now, what is gone is forgotten. */
  setTargets (targets: readonly StapleTarget[]): void {
    const wanted = new Map(targets.map(target => [target.id, target]))
    for (const id of [...this.#kept.keys()]) if (!wanted.has(id)) this.#drop(id)
    for (const target of wanted.values()) this.#adopt(target)
    this.#schedule()
  }

  /** What a worker that starts must know. */
  get messages (): readonly StapleMessage[] {
    return [...this.#kept.values()].flatMap(kept => {
      if (kept.held === undefined && kept.lastFailure === undefined) return [] // its first fetch is in flight: handshakes may wait
      return [this.#messageOf(kept)]
    })
  }

  get views (): readonly StapleView[] {
    return [...this.#kept.values()].map(({ target, held, lastFailure, failures, responder }) => ({
      ssl_id: target.sslId,
      snis: target.snis,
      fingerprint: target.certificate.fingerprint,
      state: held === undefined ? 'none' : held.verified ? held.kind : 'unverified',
      this_update: isoTime(held?.thisUpdateMs),
      usable_end: isoTime(held?.usableEndMs),
      due: isoTime(this.#queue.dueOf(target.id)),
      responder,
      last_error: lastFailure === undefined ? undefined : { code: lastFailure.code, message: lastFailure.line, since: new Date(lastFailure.sinceMs).toISOString() },
      failures
    }))
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await Promise.allSettled(this.#inFlight.values())
  }

  #drop (id: string): void {
    this.#kept.delete(id)
    this.#queue.delete(id)
    this.#options.publish([{ kind: 'forget', id }])
  }

  #adopt (target: StapleTarget): void {
    const known = this.#kept.get(target.id)
    if (known?.target.fingerprint === target.fingerprint) {
      known.target = target
      return
    }
    if (known !== undefined) this.#drop(target.id)
    const kept: Kept = { target, held: undefined, failures: 0, lastTryMs: 0, lastFailure: undefined, lastLoggedMs: 0, responder: undefined }
    this.#kept.set(target.id, kept)
    const { log } = this.#options
    if (target.issuer === undefined) {
      return this.#fail(kept, { code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'no issuer certificate in chain' }, undefined)
    }
    if (respondersFor(target.certificate, { override: target.responder }).length === 0) {
      kept.lastFailure = { code: 'notApplicable', line: 'failed to get ocsp url: cert not contains authority_information_access extension', sinceMs: this.#options.now() }
      log.debug(factsOf(kept), `no ocsp response send: ${kept.lastFailure.line}`)
      this.#options.publish([this.#messageOf(kept)])
      return
    }
    this.#queue.set(target.id, this.#options.now())
  }

  // Starts what is due, as far as there is room, and sleeps until the next is.
  #schedule (): void {
    if (this.#stopping.signal.aborted) return
    clearTimeout(this.#timer)
    const nowMs = this.#options.now()
    while (this.#inFlight.size < this.#options.maxInFlight) {
      const id = this.#queue.take(nowMs)
      if (id === undefined) break
      const kept = this.#kept.get(id)
      if (kept === undefined || this.#inFlight.has(id)) continue
      this.#inFlight.set(id, this.#refresh(kept).finally(() => {
        this.#inFlight.delete(id)
        this.#schedule()
      }))
    }
    const nextMs = this.#queue.nextDueMs()
    if (nextMs === undefined || this.#inFlight.size >= this.#options.maxInFlight) return
    this.#timer = setTimeout(() => this.#schedule(), Math.min(Math.max(nextMs - nowMs, 10), 2 ** 31 - 1))
  }

  async #refresh (kept: Kept): Promise<void> {
    const { target } = kept
    const { issuer, certificate } = target
    if (issuer === undefined) return
    try {
      if (kept.held === undefined && !target.skipVerify && await this.#loadFromDisk(kept)) return
      kept.lastTryMs = this.#options.now()
      const endTimer = this.#options.metrics.start('staple')
      const outcome = await askStatus({
        certificate,
        issuer,
        responders: respondersFor(certificate, { override: target.responder }),
        client: this.#options.client,
        policy: this.#policyOf(target),
        now: this.#options.now,
        hashMemory: this.#options.hashMemory,
        deadlineMs: this.#options.deadlineMs,
        skipVerify: target.skipVerify,
        signal: this.#stopping.signal
      })
      endTimer(outcome.kind === 'indeterminate' ? outcome.code : outcome.kind === 'verified' ? outcome.verdict.kind : outcome.kind)
      if (this.#kept.get(target.id) !== kept) return // replaced or removed meanwhile: a late answer attaches to nothing
      await this.#take(kept, outcome)
    } catch (err) {
      if (this.#stopping.signal.aborted) return
      this.#options.log.error({ err, ...factsOf(kept) }, 'staple refresh broke')
      this.#retry(kept, 'OCSP_ERR_RESPONDER_CONNECT', undefined)
    }
  }

  async #take (kept: Kept, outcome: AskOutcome): Promise<void> {
    const nowMs = this.#options.now()
    switch (outcome.kind) {
      case 'verified': {
        kept.responder = outcome.responder
        const httpMaxAgeMs = outcome.maxAgeMs === undefined ? undefined : outcome.maxAgeMs - (outcome.ageMs ?? 0)
        return await this.#takeVerdict(kept, outcome.verdict, outcome.der, nowMs, httpMaxAgeMs)
      }
      case 'unverified':
        kept.responder = outcome.responder
        return this.#hold(kept, { ...outcome.facts, kind: outcome.facts.status, der: outcome.der, verified: false, fetchedAtMs: nowMs })
      case 'indeterminate':
        kept.responder = outcome.responder ?? kept.responder
        return this.#fail(kept, outcome, outcome.retryAfterMs)
      case 'notApplicable':
        kept.lastFailure = { code: 'notApplicable', line: outcome.reason, sinceMs: nowMs }
        this.#options.publish([this.#messageOf(kept)])
    }
  }

  // Newer wins; what is not good is kept, so that it is known, and never sent.
  async #takeVerdict (kept: Kept, verdict: StatusVerdict, der: Buffer, nowMs: number, httpMaxAgeMs?: number): Promise<void> {
    const held = kept.held?.verified === true ? kept.held : undefined
    if (verdict.kind === 'unknown' && held?.kind === 'good' && nowMs < held.usableEndMs) {
      return this.#fail(kept, { code: 'unknown', detail: 'certificate status "unknown" in the OCSP response' }, undefined)
    }
    if (!replaces(held, verdict)) {
      this.#succeed(kept)
      this.#queue.set(kept.target.id, nowMs + unchangedDelay(held ?? verdict, this.#options.random()))
      return
    }
    if (verdict.withinTolerance) {
      return this.#fail(kept, { code: 'OCSP_ERR_EXPIRED', detail: 'the response is past its nextUpdate' }, undefined)
    }
    if (kept.target.issuer !== undefined) {
      await this.#options.disk.save(kept.target.certificate, kept.target.issuer, der).catch((err: unknown) => {
        this.#options.log.warn({ err, ...factsOf(kept) }, 'staple not written to disk')
      })
    }
    this.#hold(kept, { ...verdict, der, verified: true, fetchedAtMs: nowMs }, httpMaxAgeMs)
  }

  #hold (kept: Kept, held: Held, httpMaxAgeMs?: number): void {
    const before = kept.held
    kept.held = held
    const facts = { ...factsOf(kept), status: held.kind, thisUpdate: isoTime(held.thisUpdateMs), usableEnd: isoTime(held.usableEndMs), verified: held.verified }
    if (held.kind === 'good' || !held.verified) {
      this.#succeed(kept)
      this.#options.log.info(facts, before === undefined ? 'staple obtained' : 'staple refreshed')
    } else {
      const line = statusLine(held.kind)
      kept.failures = 0
      kept.lastFailure = { code: held.kind, line, sinceMs: this.#options.now() }
      if (before?.kind !== held.kind) this.#options.log.error(facts, `no ocsp response send: ${line}`)
    }
    this.#options.publish([this.#messageOf(kept)])
    this.#queue.set(kept.target.id, dueTime({
      thisUpdateMs: held.thisUpdateMs,
      usableEndMs: held.usableEndMs,
      fetchedAtMs: held.fetchedAtMs,
      lastTryMs: kept.lastTryMs,
      httpMaxAgeMs,
      maxIntervalMs: kept.target.maxIntervalMs,
      random: this.#options.random()
    }))
  }

  async #loadFromDisk (kept: Kept): Promise<boolean> {
    const { certificate, issuer } = kept.target
    if (issuer === undefined) return false
    const found = await this.#options.disk.load(certificate, issuer)
    if (found === undefined || this.#kept.get(kept.target.id) !== kept) return false
    const verdict = verifyResponse({ der: found.der, certificate, issuer, nowMs: this.#options.now(), policy: this.#policyOf(kept.target) })
    if (verdict.kind === 'indeterminate') {
      this.#options.metrics.diskRejected()
      this.#options.log.warn({ ...factsOf(kept), code: verdict.code }, 'staple on disk rejected')
      await this.#options.disk.remove(certificate, issuer)
      return false
    }
    if (verdict.kind !== 'good' || verdict.withinTolerance) return false
    this.#hold(kept, { ...verdict, der: found.der, verified: true, fetchedAtMs: found.fetchedAtMs })
    return true
  }

  #fail (kept: Kept, failure: { readonly code: string, readonly detail: string }, retryAfterMs: number | undefined): void {
    const nowMs = this.#options.now()
    const line = failureLine(failure)
    const changed = kept.lastFailure?.code !== failure.code
    kept.failures++
    kept.lastFailure = { code: failure.code, line, sinceMs: changed ? nowMs : kept.lastFailure?.sinceMs ?? nowMs }
    if (changed || nowMs - kept.lastLoggedMs >= repeatLogMs) {
      kept.lastLoggedMs = nowMs
      this.#options.log.error({ ...factsOf(kept), code: failure.code, failures: kept.failures }, `no ocsp response send: ${line}`)
    }
    this.#options.publish([this.#messageOf(kept)])
    if (failure.code !== 'OCSP_ERR_ISSUER_NOT_FOUND') this.#retry(kept, failure.code, retryAfterMs)
  }

  #retry (kept: Kept, code: string, retryAfterMs: number | undefined): void {
    const nowMs = this.#options.now()
    const delayMs = retryDelay({
      failures: kept.failures,
      code: code as OcspErrorCode, // other words fall under the ordinary backoff
      random: this.#options.random(),
      heldUntilMs: kept.held?.usableEndMs,
      nowMs,
      retryAfterMs
    })
    this.#queue.set(kept.target.id, nowMs + delayMs)
  }

  #succeed (kept: Kept): void {
    if (kept.lastFailure !== undefined) this.#options.log.info(factsOf(kept), 'staple is well again')
    kept.failures = 0
    kept.lastFailure = undefined
  }

  #messageOf ({ target, held }: Kept): StapleMessage {
    const sendable = held !== undefined && (held.kind === 'good' || !held.verified)
    if (!sendable) return { kind: 'nothing', id: target.id }
    return { kind: 'hold', id: target.id, der: held.der, thisUpdateMs: held.thisUpdateMs, usableEndMs: held.usableEndMs }
  }

  #policyOf (target: StapleTarget): VerifyPolicy {
    const { policy } = this.#options
    return target.maxAgeMs === undefined ? policy : { ...policy, maxAgeMs: target.maxAgeMs }
  }
}

function factsOf ({ target, responder }: Kept): object {
  return { sslId: target.sslId, snis: target.snis, fingerprint: target.certificate.fingerprint, responder: hostOf(responder) }
}

function hostOf (url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.host
}

function isoTime (epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs).toISOString()
}
