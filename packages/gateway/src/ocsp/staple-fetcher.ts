import { readFile } from 'node:fs/promises'
import { askStatus, replaces, verifyResponse, type AskOutcome, type HashMemory, type OcspClient, type RequestHash } from '@clinch/ocsp-core'
import { askResult, type FetchMetrics } from './fetch-metrics.ts'
import { heldFromVerdict, heldUnverified, type HeldResponse, type KeptStaple } from './kept-staple.ts'
import type { StapleDisk } from './staple-disk.ts'
import type { StapleEvents } from './staple-events.ts'
import type { StapleKeeper } from './staple-keeper.ts'
import type { StapleShare } from './staple-share.ts'

export interface StapleFetcherOptions {
  readonly client: () => OcspClient
  readonly disk: StapleDisk
  /** Undefined: this machine is alone, or does not want to share. */
  readonly share: StapleShare | undefined
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly events: StapleEvents
  readonly keeper: StapleKeeper
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly deadlineMs: () => number
  readonly pinnedHash: () => RequestHash | undefined
  /** Whether it is still what is wanted: a late answer attaches to nothing. */
  readonly isWanted: (kept: KeptStaple) => boolean
  readonly schedule: (id: string, dueMs: number) => void
  readonly signal: AbortSignal
}

const leaseMarginMs = 5000

/** Where staples come from: the disk at a start, then a file of the operator's, the cluster, or a responder. */
export class StapleFetcher {
  readonly #options: StapleFetcherOptions

  constructor (options: StapleFetcherOptions) {
    this.#options = options
  }

  /** What was kept from before, verified from scratch; whether it is of use. */
  async load (kept: KeptStaple): Promise<boolean> {
    const { disk, now, metrics, events, isWanted, keeper } = this.#options
    const { key, issuer, certificate, skipVerify, file, policy } = kept.target
    if (key === undefined || issuer === undefined || skipVerify || file !== undefined) return false
    const found = await disk.load(key)
    if (found === undefined || !isWanted(kept)) return false
    const verdict = verifyResponse({ der: found.der, certificate, issuer, nowMs: now(), policy })
    if (verdict.kind === 'indeterminate') {
      metrics.diskRejected()
      events.rejectedOnDisk(kept, verdict.code)
      await disk.remove(key)
      return false
    }
    if (verdict.kind !== 'good' || verdict.withinTolerance) return false
    keeper.hold(kept, heldFromVerdict(verdict, found.der, found.fetchedAtMs), { source: 'disk' })
    return true
  }

  /**
   * Gets a fresh one.
   *
   * @param isForced - an operator asks: the responder itself is to be heard
   */
  async fetch (kept: KeptStaple, isForced: boolean): Promise<void> {
    const { share } = this.#options
    const { file, skipVerify, key } = kept.target
    if (file !== undefined) return await this.#readFile(kept, file)
    if (share === undefined || skipVerify || key === undefined) return await this.#ask(kept)
    await this.#askForCluster(kept, share, key, isForced)
  }

  // One node of the cluster asks; the others take what it brings, or take over when it brings nothing.
  async #askForCluster (kept: KeptStaple, share: StapleShare, key: string, isForced: boolean): Promise<void> {
    const { deadlineMs, now, random, schedule } = this.#options
    const before = kept.held
    if (!isForced && this.#isServedBy(kept, before, await share.read(key))) return
    const leaseMs = deadlineMs() + leaseMarginMs
    if (!await share.acquire(key, leaseMs) && !isForced) {
      await share.fetchedElsewhere(key, leaseMs)
      if (!this.#isServedBy(kept, before, await share.read(key))) schedule(kept.target.id, now() + 1000 * random())
      return
    }
    try {
      // another node may have brought it between the look and the lease
      if (!isForced && this.#isServedBy(kept, before, await share.read(key))) return
      await this.#ask(kept)
      if (kept.held?.verified === true) await share.write(key, kept.held.der, kept.held.usableEndMs - now())
    } finally {
      await share.release(key)
    }
  }

  // Whether a response of another node makes asking unnecessary: it is newer than what we had, or came meanwhile.
  #isServedBy (kept: KeptStaple, before: HeldResponse | undefined, der: Buffer | undefined): boolean {
    const { isWanted, keeper } = this.#options
    if (!isWanted(kept) || kept.held !== before) return true
    return der !== undefined && keeper.takeFromCluster(kept, der)
  }

  async #readFile (kept: KeptStaple, path: string): Promise<void> {
    const { keeper, isWanted, now } = this.#options
    const { certificate, issuer, policy } = kept.target
    if (issuer === undefined) return
    const der = await readFile(path).catch((error: unknown) => {
      const line = `ssl_stapling_file cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`
      keeper.fail(kept, { code: 'OCSP_ERR_MALFORMED', detail: line, line }, false)
    })
    if (der === undefined || !isWanted(kept)) return
    const nowMs = now()
    const verdict = verifyResponse({ der, certificate, issuer, nowMs, policy })
    if (verdict.kind === 'indeterminate') keeper.fail(kept, verdict, false)
    else if (verdict.withinTolerance) keeper.fail(kept, { code: 'OCSP_ERR_EXPIRED', detail: 'the response in ssl_stapling_file is past its nextUpdate' }, false)
    else if (replaces(kept.held, verdict)) keeper.hold(kept, heldFromVerdict(verdict, der, nowMs), { source: 'file' })
  }

  async #ask (kept: KeptStaple): Promise<void> {
    const { client, now, hashMemory, pinnedHash, deadlineMs, metrics, events, isWanted, signal } = this.#options
    const { issuer, certificate, responders, policy, skipVerify } = kept.target
    if (issuer === undefined) return
    kept.lastTryMs = now()
    events.asking(kept)
    const outcome = await metrics.measure('staple', async () => await askStatus({
      certificate, issuer, responders, policy, skipVerify, client: client(), now, hashMemory, pinnedHash: pinnedHash(), deadlineMs: deadlineMs(), signal
    }), askResult)
    if (!signal.aborted && isWanted(kept)) await this.#take(kept, outcome)
  }

  async #take (kept: KeptStaple, outcome: AskOutcome): Promise<void> {
    const { keeper, now } = this.#options
    switch (outcome.kind) {
      case 'verified': {
        kept.responder = outcome.responder
        const httpMaxAgeMs = outcome.maxAgeMs === undefined ? undefined : outcome.maxAgeMs - (outcome.ageMs ?? 0)
        return await keeper.takeVerdict(kept, outcome.verdict, outcome.der, now(), httpMaxAgeMs)
      }
      case 'unverified':
        kept.responder = outcome.responder
        return keeper.hold(kept, heldUnverified(outcome.facts, outcome.der, now()), { source: 'responder' })
      case 'indeterminate':
        kept.responder = outcome.responder ?? kept.responder
        return keeper.fail(kept, outcome, true, outcome.retryAfterMs)
      case 'notApplicable': return keeper.setNotApplicable(kept, outcome.reason)
    }
  }
}
