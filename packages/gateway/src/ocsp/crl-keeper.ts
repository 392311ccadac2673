import { dueTime, fetchCrl, judgeCrlTime, readCrl, retryDelay, unchangedDelay, type Crl, type CrlFailure, type CrlPolicy, type Downloader, type FetchedCrl, type UrlGuard } from '@clinch/ocsp-core'
import { LRUCache } from 'lru-cache'
import type { ClientBreakers } from './client-breakers.ts'
import type { CrlDisk } from './crl-disk.ts'
import type { CrlEvents } from './crl-events.ts'
import { readCrlFile } from './crl-file.ts'
import { keepCrl, type KeptCrl } from './crl-kept.ts'
import { crlKey, type CrlSource } from './crl-source.ts'
import { viewOfCrl, type CrlView } from './crl-view.ts'
import type { FetchMetrics, FetchResult } from './fetch-metrics.ts'
import { RefreshQueue } from './refresh-queue.ts'
import { StapleFiles } from './staple-file.ts'

export interface CrlSettings {
  readonly timeoutMs: number
  readonly maxBytes: number
  /** A CRL is asked for again after this time at the latest. */
  readonly maxIntervalMs: number
}

export interface CrlKeeperOptions {
  readonly downloader: () => Downloader
  readonly breakers: ClientBreakers
  readonly disk: CrlDisk
  readonly events: CrlEvents
  readonly metrics: FetchMetrics
  readonly settings: () => CrlSettings
  readonly policy: () => CrlPolicy
  /** For URLs that come out of certificates. */
  readonly guard: () => UrlGuard
  /** Epoch milliseconds. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  /** An attempt to get one has ended, well or badly. */
  readonly onAttempt: (kept: KeptCrl) => void
}

const maxCrls = 256
const maxTableBytes = 512 * 1024 * 1024
const maxInFlight = 4
const maxPerOrigin = 2
const watchBeginsMs = 2000
// one that nobody wanted for so long is fetched again when somebody does
const wantedMs = 24 * 3_600_000

/**
 * Keeps the CRLs that checks of client certificates need: fetched in the background after the first need, verified, shared
 * by all routes, kept on disk, refreshed before they end (ocsp.md 10.4). The least needed go when there are too many.
 */
export class CrlKeeper {
  readonly #options: CrlKeeperOptions
  readonly #kept: LRUCache<string, KeptCrl>
  readonly #queue: RefreshQueue
  readonly #files: StapleFiles
  readonly #stopping = new AbortController()

  constructor (options: CrlKeeperOptions) {
    this.#options = options
    this.#kept = new LRUCache({
      max: maxCrls,
      maxSize: maxTableBytes,
      sizeCalculation: ({ crl }) => (crl?.table.byteLength ?? 0) + 1,
      dispose: ({ key }, _, reason) => { if (reason === 'evict') this.#queue.remove(key) }
    })
    this.#queue = new RefreshQueue({
      now: options.now,
      maxInFlight,
      maxPerResponder: maxPerOrigin,
      originOf: key => originOf(this.#kept.peek(key)?.source),
      refresh: async key => await this.#refresh(key)
    })
    this.#files = new StapleFiles(path => {
      for (const kept of this.#kept.values()) if (kept.source.isFile && kept.source.place === path) this.#queue.schedule(kept.key, options.now())
      this.#queue.run()
    })
  }

  /** Whether it was needed before: it needs no leave to be fetched any more. */
  has (source: CrlSource): boolean {
    return this.#kept.has(crlKey(source))
  }

  /**
   * The CRL, or why there is none. The first to need it has it fetched, and may wait for that.
   *
   * @param waitMs - after this time the answer is `CRL_ERR_LOADING`, and the fetch goes on
   */
  async get (source: CrlSource, waitMs: number): Promise<Crl | CrlFailure> {
    const kept = this.#need(source)
    if (!kept.isFirstOver && waitMs > 0) await endOrTimeout(kept.first.promise, waitMs)
    return kept.crl ?? kept.failure ?? { kind: 'failed', code: 'CRL_ERR_LOADING', detail: 'the CRL is still being fetched' }
  }

  /** What is in memory, without fetching anything. */
  peek (source: CrlSource): Crl | undefined {
    return this.#kept.peek(crlKey(source))?.crl
  }

  /** What was got at some time and is at hand, in memory or on disk; what was not is not fetched. */
  async find (source: CrlSource): Promise<Crl | undefined> {
    const key = crlKey(source)
    if (!this.#kept.has(key) && (source.isFile || !await this.#options.disk.has(key))) return undefined
    const kept = this.#need(source)
    await kept.diskRead
    return kept.crl
  }

  /** Starts what is due to be fetched, as its own timer does. */
  run (): void {
    this.#queue.run()
  }

  get views (): readonly CrlView[] {
    return [...this.#kept.values()].map(kept => viewOfCrl(kept, this.#queue.dueOf(kept.key), this.#options.now()))
  }

  get kept (): readonly KeptCrl[] { return [...this.#kept.values()] }

  /** The policy is another: what was verified under the old one is verified anew when it is needed. */
  forget (): void {
    for (const { key } of this.#kept.values()) this.#queue.remove(key)
    this.#kept.clear()
  }

  /** The wall clock was set by so much: what is held is judged at every use, and scheduled again here. */
  clockJumped (byMs: number): void {
    for (const kept of this.#kept.values()) {
      kept.lastTryMs += byMs // what was noted by this clock moves with it
      kept.fetchedAtMs += byMs
      kept.neededMs += byMs
      const dueMs = this.#queue.dueOf(kept.key)
      if (dueMs !== undefined) this.#queue.schedule(kept.key, kept.crl === undefined ? dueMs + byMs : this.#dueOf(kept, kept.crl, undefined))
    }
    this.#queue.run()
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    this.#files.close()
    for (const { first } of this.#kept.values()) first.resolve() // nobody waits any longer
    await this.#queue.close()
    await this.#options.disk.close()
  }

  #need (source: CrlSource): KeptCrl {
    const key = crlKey(source)
    const nowMs = this.#options.now()
    const known = this.#kept.get(key)
    if (known !== undefined) {
      const isAsleep = nowMs - known.neededMs > wantedMs
      known.neededMs = nowMs
      if (isAsleep && known.isFirstOver && !source.isFile && this.#queue.dueOf(key) === undefined) this.#scheduleAt(key, nowMs)
      return known
    }
    const kept = keepCrl(key, source, nowMs)
    this.#kept.set(key, kept)
    if (source.isFile) this.#watchFiles()
    kept.diskRead = this.#begin(kept)
    return kept
  }

  // From disk at once; what is not there, or has ended, is fetched. Never rejects.
  async #begin (kept: KeptCrl): Promise<void> {
    const { now, policy } = this.#options
    if (!kept.source.isFile && await this.#readFromDisk(kept)) this.#kept.set(kept.key, kept) // with its size
    if (this.#stopping.signal.aborted || this.#kept.peek(kept.key) !== kept) return kept.first.resolve()
    const { crl } = kept
    if (crl === undefined || judgeCrlTime(crl, now(), policy()).kind === 'failed') return this.#scheduleAt(kept.key, now())
    this.#endFirst(kept)
    this.#scheduleAt(kept.key, this.#dueOf(kept, crl, undefined))
  }

  async #readFromDisk (kept: KeptCrl): Promise<boolean> {
    const { disk, events, metrics, now, policy, settings } = this.#options
    try {
      const found = await disk.load(kept.key)
      if (found === undefined) return false
      const reading = readCrl({ ...kept.source, der: found.der, nowMs: now(), policy: policy(), maxBytes: settings().maxBytes })
      if (reading.kind === 'failed') {
        metrics.diskRejected()
        events.rejectedOnDisk(kept, reading.code)
        await disk.remove(kept.key)
        return false
      }
      events.loaded(kept, reading.crl, 'disk')
      kept.crl = reading.crl
      kept.fetchedAtMs = found.fetchedAtMs
      return true
    } catch (err) {
      events.diskFailed(kept, err)
      return false
    }
  }

  // Never rejects.
  async #refresh (key: string): Promise<void> {
    const kept = this.#kept.peek(key)
    const nowMs = this.#options.now()
    if (kept === undefined || (kept.crl !== undefined && !kept.source.isFile && nowMs - kept.neededMs > wantedMs)) return
    kept.lastTryMs = nowMs
    const fetched = await this.#options.metrics.measure('crl', async () => await this.#fetch(kept.source), result => resultOf(kept.source, result))
    const { reading } = fetched
    if (this.#stopping.signal.aborted || this.#kept.peek(key) !== kept) return kept.first.resolve()
    if (reading.kind === 'failed') this.#fail(kept, reading, fetched.retryAfterMs)
    else this.#take(kept, reading.crl, reading.der, fetched.httpMaxAgeMs)
    this.#endFirst(kept)
    this.#options.onAttempt(kept)
  }

  async #fetch (source: CrlSource): Promise<FetchedCrl> {
    const { downloader, breakers, settings, policy, guard, now } = this.#options
    const { place, isFile, isGuarded } = source
    const { maxBytes, timeoutMs } = settings()
    const rules = { issuer: source.issuer, crlIssuers: source.crlIssuers, nowMs: now(), policy: policy(), maxBytes }
    if (isFile) return { reading: await readCrlFile(place, rules) }
    const fetched = await fetchCrl({
      ...rules,
      download: async () => await breakers.run(place, async () => await downloader().download(place, maxBytes, {
        deadlineMs: timeoutMs, signal: this.#stopping.signal, guarded: isGuarded ? guard() : false
      }))
    })
    if (fetched.reading.kind === 'crl') breakers.close(place)
    return fetched
  }

  #take (kept: KeptCrl, crl: Crl, der: Buffer | undefined, httpMaxAgeMs: number | undefined): void {
    const { now, policy, events, disk } = this.#options
    const nowMs = now()
    const time = judgeCrlTime(crl, nowMs, policy())
    if (time.kind === 'failed') return this.#fail(kept, time)
    if (kept.crl !== undefined && crl.thisUpdateMs < kept.crl.thisUpdateMs) return this.#fail(kept, { kind: 'failed', code: 'CRL_ERR_OUTDATED', detail: 'the CRL is older than the one that is held' })
    const isNews = kept.crl === undefined || kept.source.isFile || isNewer(crl, kept.crl)
    if (kept.failure !== undefined) events.recovered(kept)
    kept.failures = 0
    kept.failure = undefined
    kept.isExpiryLogged = false
    kept.fetchedAtMs = nowMs
    if (!isNews) return this.#scheduleAt(kept.key, nowMs + unchangedDelay({ thisUpdateMs: crl.thisUpdateMs, usableEndMs: time.usableEndMs }, this.#options.random()))
    events.loaded(kept, crl, 'source')
    kept.crl = crl
    this.#kept.set(kept.key, kept) // with its size
    if (kept.source.isFile) return this.#lookAgain(kept)
    if (der !== undefined) disk.save(kept.key, der).catch((err: unknown) => events.diskFailed(kept, err))
    this.#scheduleAt(kept.key, this.#dueOf(kept, crl, httpMaxAgeMs))
  }

  #fail (kept: KeptCrl, failure: CrlFailure, retryAfterMs?: number): void {
    const { now, random, events } = this.#options
    const nowMs = now()
    const isNew = kept.failure?.code !== failure.code
    kept.failures++
    kept.failure = { ...failure, sinceMs: isNew ? nowMs : kept.failure?.sinceMs ?? nowMs }
    events.failed(kept, failure, isNew, nowMs)
    if (kept.source.isFile) return this.#lookAgain(kept)
    this.#scheduleAt(kept.key, nowMs + retryDelay({ failures: kept.failures, code: failure.code, random: random(), heldUntilMs: kept.crl?.nextUpdateMs, nowMs, retryAfterMs }))
  }

  #dueOf ({ fetchedAtMs, lastTryMs }: KeptCrl, crl: Crl, httpMaxAgeMs: number | undefined): number {
    const { now, policy, settings, random } = this.#options
    const time = judgeCrlTime(crl, now(), policy())
    if (time.kind === 'failed') return now()
    return dueTime({ thisUpdateMs: crl.thisUpdateMs, usableEndMs: time.nextUpdateMs, fetchedAtMs, lastTryMs, httpMaxAgeMs, maxIntervalMs: settings().maxIntervalMs, random: random() })
  }

  // Whoever changes a file is heard, but not one who does while the watch begins.
  #lookAgain (kept: KeptCrl): void {
    if (!kept.isFirstOver) this.#scheduleAt(kept.key, this.#options.now() + watchBeginsMs)
  }

  #endFirst (kept: KeptCrl): void {
    kept.isFirstOver = true
    kept.first.resolve()
  }

  #scheduleAt (key: string, dueMs: number): void {
    this.#queue.schedule(key, dueMs)
    this.#queue.run()
  }

  #watchFiles (): void {
    this.#files.watch(new Set(this.kept.flatMap(({ source }) => source.isFile ? [source.place] : [])))
  }
}

// Times have seconds only: of two CRLs of one second the number tells.
function isNewer (crl: Crl, held: Crl): boolean {
  if (crl.thisUpdateMs !== held.thisUpdateMs) return crl.thisUpdateMs > held.thisUpdateMs
  return BigInt(`0x${crl.number ?? '0'}`) > BigInt(`0x${held.number ?? '0'}`)
}

// Whom the guard refuses was not asked, and is no label.
function resultOf ({ place, isFile }: CrlSource, { reading }: FetchedCrl): FetchResult {
  const code = reading.kind === 'crl' ? 'crl' : reading.code
  return { code, responder: isFile || code === 'CRL_ERR_URL_REFUSED' ? undefined : place }
}

function originOf (source: CrlSource | undefined): string | undefined {
  return source === undefined || source.isFile ? undefined : URL.parse(source.place)?.origin
}

async function endOrTimeout (end: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([end, promise])
  clearTimeout(timer)
}
