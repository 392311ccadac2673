import { isDeepStrictEqual } from 'node:util'
import type { StapleState } from '@clinch/admin-api'
import { verifyResponse } from '@clinch/ocsp-core'
import type { StapleMessage } from '../ipc/messages.ts'
import { heldFromVerdict, keep, messageOf, type HeldResponse, type KeptStaple } from './kept-staple.ts'
import { RefreshQueue } from './refresh-queue.ts'
import { StapleFetcher, type StapleFetcherOptions } from './staple-fetcher.ts'
import { StapleFiles } from './staple-file.ts'
import { StapleKeeper } from './staple-keeper.ts'
import { stateOf } from './staple-state.ts'
import type { StapleTarget } from './staple-target.ts'
import { viewOf, type StapleView } from './staple-view.ts'

export interface StapleAgentOptions extends Omit<StapleFetcherOptions, 'keeper' | 'isWanted' | 'schedule' | 'signal'> {
  /** By how much the clocks of responders may differ. */
  readonly skewMs: () => number
  readonly maxInFlight: number
  readonly maxPerResponder: number
  /** Tells the workers. */
  readonly publish: (messages: readonly StapleMessage[]) => void
}

const loadsAtOnce = 32
const spreadPerTargetMs = 10
const longestSpreadMs = 30_000
const retiredForMs = 600_000

/**
 * Keeps a fresh staple for every certificate that wants one: fetched when the configuration changes, verified, kept in
 * memory, on disk and in the cluster, refreshed before it ends, told to every worker. Workers ask nobody.
 */
export class StapleAgent {
  readonly #options: StapleAgentOptions
  readonly #kept = new Map<string, KeptStaple>()
  readonly #keeper: StapleKeeper
  readonly #fetcher: StapleFetcher
  readonly #queue: RefreshQueue
  #loading: Promise<unknown> = Promise.resolve()
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
    const schedule = (id: string, dueMs: number): void => this.#queue.schedule(id, dueMs)
    this.#keeper = new StapleKeeper({ ...options, schedule })
    this.#fetcher = new StapleFetcher({ ...options, keeper: this.#keeper, isWanted: kept => this.#kept.get(kept.target.id) === kept, schedule, signal: this.#stopping.signal })
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
    this.#loading = Promise.all([this.#loading, this.#load(adopted)])
  }

  /** Resolves when everything that the disk has of the targets until now is held. */
  async loaded (): Promise<void> {
    await this.#loading
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
      const fresh = keep(target)
      this.#kept.set(id, fresh)
      this.#options.publish([{ kind: 'forget', id }])
      if (target.key !== undefined) await Promise.all([this.#options.disk.remove(target.key), this.#options.share?.remove(target.key)])
      if (this.#canBeGot(fresh)) this.#queue.schedule(id, this.#options.now())
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
    const kept = [...this.#kept.values()].filter(({ failure }) => failure?.code !== 'notApplicable' && failure?.code !== 'OCSP_ERR_ISSUER_NOT_FOUND')
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
    return this.#canBeGot(kept) ? [kept] : []
  }

  // Else it is noted why.
  #canBeGot (kept: KeptStaple): boolean {
    const { issuer, hasChain, file, responders } = kept.target
    if (issuer === undefined) this.#keeper.fail(kept, { code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: hasChain ? 'issuer certificate not next to leaf' : 'no issuer certificate in chain' })
    else if (file === undefined && responders.length === 0) this.#keeper.setNotApplicable(kept, 'noResponder')
    else return true
    return false
  }

  // From disk at once; what is not there is fetched, many of them spread over a while.
  async #load (adopted: readonly KeptStaple[]): Promise<void> {
    const cold: KeptStaple[] = []
    const left = [...adopted]
    await Promise.all(Array.from({ length: Math.min(loadsAtOnce, left.length) }, async () => {
      for (let kept = left.shift(); kept !== undefined; kept = left.shift()) {
        const loaded = await this.#fetcher.load(kept).catch((err: unknown) => this.#options.events.broke(kept as KeptStaple, err))
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

  async #refresh (id: string): Promise<void> {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    try {
      await this.#fetcher.fetch(kept, this.#forced.has(id))
    } catch (err) {
      if (this.#stopping.signal.aborted) return
      this.#options.events.broke(kept, err)
      this.#keeper.retry(kept, 'OCSP_ERR_RESPONDER_CONNECT')
    } finally {
      this.#forced.delete(id)
    }
  }
}

function isSendableState (state: StapleState): boolean {
  return state === 'good' || state === 'unverified' || state === 'too_large'
}

function originOf (target: StapleTarget | undefined): string | undefined {
  const [first] = target?.responders ?? []
  return first === undefined || target?.file !== undefined ? undefined : URL.parse(first)?.origin
}
