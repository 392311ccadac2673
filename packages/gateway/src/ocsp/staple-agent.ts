import { isDeepStrictEqual } from 'node:util'
import type { StapleState } from '@clinch/admin-api'
import { askStatus, replaces, verifyResponse, type AskOutcome, type HashMemory, type OcspClient, type RequestHash } from '@clinch/ocsp-core'
import type { StapleMessage } from '../ipc/messages.ts'
import { askResult, type FetchMetrics } from './fetch-metrics.ts'
import { heldFromVerdict, heldUnverified, keep, messageOf, type HeldResponse, type KeptStaple } from './kept-staple.ts'
import { RefreshQueue } from './refresh-queue.ts'
import type { StapleDisk } from './staple-disk.ts'
import type { StapleEvents } from './staple-events.ts'
import { StapleFiles } from './staple-file.ts'
import { StapleKeeper } from './staple-keeper.ts'
import type { StapleShare } from './staple-share.ts'
import { stateOf } from './staple-state.ts'
import type { StapleTarget } from './staple-target.ts'
import { viewOf, type StapleView } from './staple-view.ts'

export interface StapleAgentOptions {
  readonly client: () => OcspClient
  readonly disk: StapleDisk
  /** Undefined: this machine is alone, or does not want to share. */
  readonly share: StapleShare | undefined
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly events: StapleEvents
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly deadlineMs: () => number
  /** By how much the clocks of responders may differ. */
  readonly skewMs: () => number
  readonly pinnedHash: () => RequestHash | undefined
  readonly maxInFlight: number
  readonly maxPerResponder: number
  /** Tells the workers. */
  readonly publish: (messages: readonly StapleMessage[]) => void
}

const loadsAtOnce = 32
const spreadPerTargetMs = 10
const longestSpreadMs = 30_000
const leaseMarginMs = 5000
const retiredForMs = 600_000

/**
 * Keeps a fresh staple for every certificate that wants one: fetched when the configuration changes, verified, kept in
 * memory, on disk and in the cluster, refreshed before it ends, told to every worker. Workers ask nobody.
 */
export class StapleAgent {
  readonly #options: StapleAgentOptions
  readonly #kept = new Map<string, KeptStaple>()
  readonly #keeper: StapleKeeper
  readonly #queue: RefreshQueue
  readonly #files: StapleFiles
  /** Refreshes that an operator asked for: the responder itself is to be heard. */
  readonly #forced = new Set<string>()
  readonly #retired = new Map<string, NodeJS.Timeout>()
  readonly #stopping = new AbortController()

  constructor (options: StapleAgentOptions) {
    this.#options = options
    this.#queue = new RefreshQueue({
      now: options.now,
      maxInFlight: options.maxInFlight,
      maxPerResponder: options.maxPerResponder,
      originOf: id => originOf(this.#kept.get(id)?.target),
      refresh: async id => await this.#refresh(id)
    })
    this.#keeper = new StapleKeeper({ ...options, schedule: (id, dueMs) => this.#queue.schedule(id, dueMs) })
    this.#files = new StapleFiles(path => {
      for (const kept of this.#kept.values()) if (kept.target.file === path) this.#queue.schedule(kept.target.id, options.now())
      this.#queue.run()
    })
  }

  /** Everything there is to staple. What is new is loaded from disk or fetched, what is gone is forgotten. */
  setTargets (targets: readonly StapleTarget[]): void {
    const wanted = new Map(targets.map(target => [target.id, target]))
    for (const id of [...this.#kept.keys()]) if (!wanted.has(id)) this.#retire(id)
    const adopted = [...wanted.values()].flatMap(target => this.#adopt(target))
    this.#files.watch(new Set(targets.flatMap(({ file }) => file === undefined ? [] : [file])))
    void this.#load(adopted) // eslint-disable-line no-void -- it never rejects
  }

  /** What a worker that starts must know. */
  get messages (): readonly StapleMessage[] {
    return [...this.#kept.values()].flatMap(kept => messageOf(kept) ?? [])
  }

  get views (): readonly StapleView[] {
    const [nowMs, skewMs] = [this.#options.now(), this.#options.skewMs()]
    return [...this.#kept.values()].map(kept => viewOf(kept, { nowMs, skewMs, dueMs: this.#queue.dueOf(kept.target.id) }))
  }

  get kept (): Iterable<KeptStaple> { return this.#kept.values() }

  /** Asks now for every certificate of an ssl, whatever is due; resolves with how many were asked about. */
  async refresh (sslId: string): Promise<number> {
    const ids = this.#idsOf(sslId)
    for (const id of ids) this.#forced.add(id)
    await Promise.all(ids.map(async id => await this.#queue.refreshNow(id)))
    return ids.length
  }

  /** Forgets what is held for an ssl, here, on disk and in the cluster, and fetches anew; resolves with how many. */
  async purge (sslId: string): Promise<number> {
    const ids = this.#idsOf(sslId)
    await Promise.all(ids.map(async id => {
      const kept = this.#kept.get(id)
      if (kept === undefined) return
      const { target } = kept
      this.#kept.set(id, keep(target))
      this.#options.publish([{ kind: 'forget', id }])
      if (target.key !== undefined) await Promise.all([this.#options.disk.remove(target.key), this.#options.share?.remove(target.key)])
      this.#queue.schedule(id, this.#options.now())
    }))
    this.#queue.run()
    return ids.length
  }

  /** A response that another node fetched. It is verified like any other. */
  takeShared (key: string, der: Buffer): void {
    for (const kept of this.#kept.values()) if (kept.target.key === key && !kept.target.skipVerify) this.#keeper.takeFromCluster(kept, der)
    this.#queue.run()
  }

  /**
   * The wall clock was set by so much. What is held is judged again at every handshake, and scheduled again here; whoever has
   * nothing to send asks now. Nothing is deleted, so that a staple is back when the clock is.
   */
  clockJumped (byMs: number): void {
    const kept = [...this.#kept.values()].filter(({ target, failure }) => isAsked(target) && failure?.code !== 'notApplicable')
    const [nowMs, spreadMs] = [this.#options.now(), this.#spreadOf(kept.length)]
    for (const one of kept) {
      one.lastTryMs += byMs // what was noted by this clock moves with it
      one.lastLoggedMs += byMs
      if (one.held !== undefined) one.held = { ...one.held, fetchedAtMs: one.held.fetchedAtMs + byMs }
      const isSent = one.held !== undefined && isSendableState(stateOf(one, nowMs, this.#options.skewMs()))
      const dueMs = one.held !== undefined && isSent ? this.#keeper.dueOf(one, one.held) : nowMs + spreadMs * this.#options.random()
      this.#queue.schedule(one.target.id, dueMs)
    }
    this.#queue.run()
  }

  /** Asks about what is due, as its own timer does; resolves when the answers are in. */
  async askDue (): Promise<void> {
    await this.#queue.runDue()
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    this.#files.close()
    await this.#queue.close()
  }

  #idsOf (sslId: string): string[] {
    return [...this.#kept.values()].filter(({ target }) => target.sslId === sslId).map(({ target }) => target.id)
  }

  #drop (id: string): void {
    this.#queue.remove(id)
    this.#options.publish([{ kind: 'forget', id }])
  }

  // What is held goes on under the new settings if it verifies under them too: they count at once, and no handshake goes
  // without a staple for a change that has nothing to do with it.
  #carryOver (before: KeptStaple, after: KeptStaple): boolean {
    const { target } = after
    if (target.skipVerify !== before.target.skipVerify) return false // what was not good enough may be now, and the reverse
    const held = this.#judgeAgain(before.held, target)
    if (held === undefined) return false
    const askNow = !isDeepStrictEqual(before.target.responders, target.responders) || before.target.file !== target.file
    Object.assign(after, { held: before.held, lastTryMs: before.lastTryMs, lastLoggedMs: before.lastLoggedMs, responder: before.responder })
    this.#keeper.hold(after, held, { source: 'memory' })
    if (askNow) this.#queue.schedule(target.id, this.#options.now())
    if (target.key !== before.target.key) void this.#keeper.save(after, held.der) // eslint-disable-line no-void -- it never rejects
    return true
  }

  #judgeAgain (held: HeldResponse | undefined, { certificate, issuer, policy }: StapleTarget): HeldResponse | undefined {
    if (held?.verified !== true || issuer === undefined) return undefined
    const verdict = verifyResponse({ der: held.der, certificate, issuer, nowMs: this.#options.now(), policy })
    return verdict.kind === 'indeterminate' || verdict.withinTolerance ? undefined : heldFromVerdict(verdict, held.der, held.fetchedAtMs)
  }

  // A certificate that was replaced may go on being served until the new one has its staple: workers keep the old
  // one's a while longer.
  #retire (id: string): void {
    this.#kept.delete(id)
    this.#queue.remove(id)
    const timer = setTimeout(() => {
      this.#retired.delete(id)
      this.#options.publish([{ kind: 'forget', id }])
    }, retiredForMs)
    timer.unref()
    this.#retired.set(id, timer)
  }

  // The staple to be loaded or fetched, if there is somebody to get it from.
  #adopt (target: StapleTarget): KeptStaple[] {
    clearTimeout(this.#retired.get(target.id))
    if (this.#retired.delete(target.id)) this.#options.publish([{ kind: 'forget', id: target.id }])
    const known = this.#kept.get(target.id)
    if (known?.target.version === target.version) {
      known.target = target
      return []
    }
    const kept = keep(target)
    this.#kept.set(target.id, kept)
    if (known !== undefined && this.#carryOver(known, kept)) return []
    if (known !== undefined) this.#drop(target.id)
    if (target.issuer === undefined) {
      this.#keeper.fail(kept, { code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: target.hasChain ? 'issuer certificate not next to leaf' : 'no issuer certificate in chain' })
      return []
    }
    if (target.file === undefined && target.responders.length === 0) {
      this.#keeper.setNotApplicable(kept, 'noResponder')
      return []
    }
    return [kept]
  }

  // From disk at once; what is not there is fetched, many of them spread over a while.
  async #load (adopted: readonly KeptStaple[]): Promise<void> {
    const cold: KeptStaple[] = []
    const left = [...adopted]
    await Promise.all(Array.from({ length: Math.min(loadsAtOnce, left.length) }, async () => {
      for (let kept = left.shift(); kept !== undefined; kept = left.shift()) {
        const loaded = await this.#loadFromDisk(kept).catch((err: unknown) => this.#options.events.broke(kept as KeptStaple, err))
        if (loaded !== true) cold.push(kept)
      }
    }))
    const [nowMs, spreadMs] = [this.#options.now(), this.#spreadOf(cold.length)]
    for (const kept of cold) {
      if (this.#kept.get(kept.target.id) === kept) this.#queue.schedule(kept.target.id, nowMs + spreadMs * this.#options.random())
    }
    this.#queue.run()
  }

  #spreadOf (count: number): number {
    return count <= this.#options.maxInFlight ? 0 : Math.min(longestSpreadMs, spreadPerTargetMs * count)
  }

  async #loadFromDisk (kept: KeptStaple): Promise<boolean> {
    const { key, issuer, certificate, skipVerify, file, policy } = kept.target
    if (key === undefined || issuer === undefined || skipVerify || file !== undefined) return false
    const found = await this.#options.disk.load(key)
    if (found === undefined || this.#kept.get(kept.target.id) !== kept) return false
    const verdict = verifyResponse({ der: found.der, certificate, issuer, nowMs: this.#options.now(), policy })
    if (verdict.kind === 'indeterminate') {
      this.#options.metrics.diskRejected()
      this.#options.events.rejectedOnDisk(kept, verdict.code)
      await this.#options.disk.remove(key)
      return false
    }
    if (verdict.kind !== 'good' || verdict.withinTolerance) return false
    this.#keeper.hold(kept, heldFromVerdict(verdict, found.der, found.fetchedAtMs), { source: 'disk' })
    return true
  }

  async #refresh (id: string): Promise<void> {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    try {
      if (kept.target.file !== undefined) await this.#readFile(kept, kept.target.file)
      else if (this.#options.share === undefined || kept.target.skipVerify || kept.target.key === undefined) await this.#ask(kept)
      else await this.#askForCluster(kept, this.#options.share, kept.target.key)
    } catch (err) {
      if (this.#stopping.signal.aborted) return
      this.#options.events.broke(kept, err)
      this.#keeper.retry(kept, 'OCSP_ERR_RESPONDER_CONNECT')
    } finally {
      this.#forced.delete(id)
    }
  }

  // One node of the cluster asks; the others take what it brings, or take over when it brings nothing.
  async #askForCluster (kept: KeptStaple, share: StapleShare, key: string): Promise<void> {
    const forced = this.#forced.has(kept.target.id)
    const before = kept.held
    if (!forced && this.#isServedBy(kept, before, await share.read(key))) return
    const leaseMs = this.#options.deadlineMs() + leaseMarginMs
    if (!await share.acquire(key, leaseMs) && !forced) {
      await share.fetchedElsewhere(key, leaseMs)
      if (this.#isServedBy(kept, before, await share.read(key))) return
      return this.#queue.schedule(kept.target.id, this.#options.now() + 1000 * this.#options.random())
    }
    try {
      await this.#ask(kept)
      if (kept.held?.verified === true) await share.write(key, kept.held.der, kept.held.usableEndMs - this.#options.now())
    } finally {
      await share.release(key)
    }
  }

  // Whether a response of another node makes asking unnecessary: it is newer than what we had, or came meanwhile.
  #isServedBy (kept: KeptStaple, before: HeldResponse | undefined, der: Buffer | undefined): boolean {
    if (this.#kept.get(kept.target.id) !== kept || kept.held !== before) return true
    return der !== undefined && this.#keeper.takeFromCluster(kept, der)
  }

  async #readFile (kept: KeptStaple, path: string): Promise<void> {
    const { certificate, issuer, policy } = kept.target
    if (issuer === undefined) return
    const der = await this.#files.read(path).catch((error: unknown) => {
      const line = `ssl_stapling_file cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`
      this.#keeper.fail(kept, { code: 'OCSP_ERR_MALFORMED', detail: line, line }, false)
    })
    if (der === undefined || this.#kept.get(kept.target.id) !== kept) return
    const nowMs = this.#options.now()
    const verdict = verifyResponse({ der, certificate, issuer, nowMs, policy })
    if (verdict.kind === 'indeterminate') this.#keeper.fail(kept, verdict, false)
    else if (verdict.withinTolerance) this.#keeper.fail(kept, { code: 'OCSP_ERR_EXPIRED', detail: 'the response in ssl_stapling_file is past its nextUpdate' }, false)
    else if (replaces(kept.held, verdict)) this.#keeper.hold(kept, heldFromVerdict(verdict, der, nowMs), { source: 'file' })
  }

  async #ask (kept: KeptStaple): Promise<void> {
    const { target } = kept
    const { issuer, certificate, responders, policy, skipVerify } = target
    if (issuer === undefined) return
    kept.lastTryMs = this.#options.now()
    this.#options.events.asking(kept)
    const { client, now, hashMemory, pinnedHash, deadlineMs, metrics } = this.#options
    const outcome = await metrics.measure('staple', async () => await askStatus({
      certificate, issuer, responders, policy, skipVerify, client: client(), now, hashMemory, pinnedHash: pinnedHash(), deadlineMs: deadlineMs(), signal: this.#stopping.signal
    }), askResult)
    if (this.#stopping.signal.aborted || this.#kept.get(target.id) !== kept) return // a late answer attaches to nothing
    await this.#take(kept, outcome)
  }

  async #take (kept: KeptStaple, outcome: AskOutcome): Promise<void> {
    const nowMs = this.#options.now()
    switch (outcome.kind) {
      case 'verified': {
        kept.responder = outcome.responder
        const httpMaxAgeMs = outcome.maxAgeMs === undefined ? undefined : outcome.maxAgeMs - (outcome.ageMs ?? 0)
        return await this.#keeper.takeVerdict(kept, outcome.verdict, outcome.der, nowMs, httpMaxAgeMs)
      }
      case 'unverified':
        kept.responder = outcome.responder
        return this.#keeper.hold(kept, heldUnverified(outcome.facts, outcome.der, nowMs), { source: 'responder' })
      case 'indeterminate':
        kept.responder = outcome.responder ?? kept.responder
        return this.#keeper.fail(kept, outcome, true, outcome.retryAfterMs)
      case 'notApplicable': return this.#keeper.setNotApplicable(kept, outcome.reason)
    }
  }
}

function isAsked ({ issuer, file, responders }: StapleTarget): boolean {
  return issuer !== undefined && (file !== undefined || responders.length > 0)
}

function isSendableState (state: StapleState): boolean {
  return state === 'good' || state === 'unverified' || state === 'too_large'
}

function originOf (target: StapleTarget | undefined): string | undefined {
  const [first] = target?.responders ?? []
  return first === undefined || target?.file !== undefined ? undefined : URL.parse(first)?.origin
}
