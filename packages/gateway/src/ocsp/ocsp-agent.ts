import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { OcspInspection } from '@clinch/admin-api'
import { createHashMemory } from '@clinch/ocsp-core'
import { createSslReader, type ConfigObject, type StoredSslReader } from '@clinch/data-plane'
import type { PluginCatalog } from '@clinch/plugins'
import type { StoreEvent } from '@clinch/store'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ClientNews, OcspQuestion, StapleMessage, ToWorker } from '../ipc/messages.ts'
import { answerWorker } from './client-answers.ts'
import type { ClientChecker } from './client-checker.ts'
import { createClientChecker } from './client-composition.ts'
import { ClockWatch } from './clock-watch.ts'
import { FetchMetrics } from './fetch-metrics.ts'
import { createInspection } from './inspection.ts'
import { NodeSettings } from './node-settings.ts'
import type { OcspSettings } from './settings.ts'
import { StapleAgent } from './staple-agent.ts'
import type { StapleView } from './staple-view.ts'
import { watchStaples } from './staple-metrics.ts'
import { StapleDisk } from './staple-disk.ts'
import { StapleEvents } from './staple-events.ts'
import type { StapleShare } from './staple-share.ts'
import { stapleTargetsOf, type StapleTarget } from './staple-target.ts'

export interface OcspAgentOptions {
  /** `plugin_attr.ocsp-stapling` as it is now. */
  readonly settings: () => OcspSettings
  readonly catalog: () => PluginCatalog
  /** Where all that was verified is kept, unless `cache_dir` says otherwise: staples, revocations of clients, CRLs. */
  readonly folder: string
  readonly registry: Registry
  readonly metricPrefix: string
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A clock that only goes forward, milliseconds from anywhere. */
  readonly monotonicNow: () => number
  readonly random: () => number
  readonly publish: (messages: readonly StapleMessage[]) => void
  readonly publishClients: (news: readonly ClientNews[]) => void
  /** Undefined: staples are not shared with other machines. */
  readonly share: StapleShare | undefined
  /** What relative paths in resources are relative to. */
  readonly baseDir: string
}

/** The one part of a machine that asks OCSP responders: for the certificates it presents and for its clients'. */
export class OcspAgent {
  /** What the Admin and control APIs show and steer. */
  readonly inspection: OcspInspection
  readonly #options: OcspAgentOptions
  readonly #node: NodeSettings
  readonly #stapler: StapleAgent
  readonly #checker: ClientChecker
  readonly #clock: ClockWatch
  #objects: readonly ConfigObject[] = []
  #readSsl: StoredSslReader
  /** An ssl that did not change is not parsed again. */
  #targets = new Map<string, { readonly object: ConfigObject, readonly targets: readonly StapleTarget[] }>()

  constructor (options: OcspAgentOptions) {
    this.#options = options
    const node = new NodeSettings(options.settings())
    this.#node = node
    const folder = node.settings.cacheDir ?? options.folder
    const shared = {
      pinnedHash: () => node.settings.pinnedHash,
      hashMemory: createHashMemory(),
      metrics: new FetchMetrics(options.registry, options.metricPrefix),
      log: options.log,
      now: options.now,
      random: options.random
    }
    const skewMs = () => node.settings.skewMs
    this.#stapler = new StapleAgent({
      ...shared,
      client: () => node.client,
      disk: new StapleDisk(join(folder, 'staples')),
      share: options.share,
      events: new StapleEvents({ log: options.log, skewMs }),
      skewMs,
      deadlineMs: () => node.settings.responderTimeoutMs,
      maxInFlight: node.settings.maxStaplesInFlight,
      maxPerResponder: node.settings.maxStaplesPerResponder,
      publish: options.publish
    })
    this.#checker = createClientChecker({
      ...shared,
      node,
      monotonicNow: options.monotonicNow,
      folder: join(folder, 'clients'),
      crlFolder: join(folder, 'crls'),
      baseDir: options.baseDir,
      registry: options.registry,
      metricPrefix: options.metricPrefix,
      publish: options.publishClients
    })
    this.inspection = createInspection({
      stapler: this.#stapler,
      checker: this.#checker,
      client: () => node.client,
      settings: () => node.settings,
      now: options.now
    })
    if (options.share !== undefined) options.log.info({ node: options.share.node }, 'staples are shared with the cluster')
    watchStaples(options.registry, options.metricPrefix, () => ({ kept: this.#stapler.kept, nowMs: options.now(), skewMs: skewMs() }))
    this.#clock = new ClockWatch({ ...options, toleranceMs: () => Math.min(skewMs(), node.settings.clientPolicy.skewMs), onJump: byMs => this.#takeJump(byMs) })
    this.#readSsl = createSslReader(options.catalog())
  }

  /** Begins to read what was kept of clients, and to look at the clocks. */
  start (): void {
    this.#checker.start()
    this.#clock.start()
  }

  /** Looks at the clocks and asks about what is due, as its own timers do; resolves when the answers are in. */
  async tick (): Promise<void> {
    this.#clock.look()
    await Promise.all([this.#stapler.askDue(), this.#checker.askDue()])
  }

  /** The whole configuration as it is now. */
  take (objects: readonly ConfigObject[]): void {
    this.#objects = objects
    const targets = new Map<string, { readonly object: ConfigObject, readonly targets: readonly StapleTarget[] }>()
    for (const object of objects) {
      if (!object.key.startsWith('ssls/')) continue
      const known = this.#targets.get(object.key)
      targets.set(object.key, known?.object.modRevision === object.modRevision && known.object.value === object.value ? known : { object, targets: this.#targetsOf(object) })
    }
    this.#targets = targets
    this.#stapler.setTargets([...targets.values()].flatMap(entry => entry.targets))
  }

  /** Resolves when the staples that were kept on disk are held. */
  async loaded (): Promise<void> {
    await this.#stapler.loaded()
  }

  /** The plugin came or went, or its settings changed: what an ssl says of stapling means something else now. */
  pluginsChanged (): void {
    const { clientPolicy } = this.#node.settings
    this.#node.replace(this.#options.settings())
    if (!isDeepStrictEqual(clientPolicy, this.#node.settings.clientPolicy)) this.#checker.policyChanged()
    this.#readSsl = createSslReader(this.#options.catalog())
    this.#targets.clear()
    this.take(this.#objects)
  }

  /** Everything that a worker which starts must know. */
  get messages (): readonly StapleMessage[] { return this.#stapler.messages }

  get staples (): readonly StapleView[] { return this.#stapler.views }

  /** Tells of events in the store: the staples of other nodes are among them. */
  takeShared (events: readonly StoreEvent[]): void {
    for (const event of events) {
      const shared = this.#options.share?.take(event)
      if (shared !== undefined) this.#stapler.takeShared(shared.key, shared.der)
    }
  }

  /** What a worker asks or tells; never throws. */
  receive (question: OcspQuestion, answer: (message: ToWorker) => void): void {
    answerWorker(this.#checker, this.#options.log, question, answer)
  }

  async close (): Promise<void> {
    this.#clock.close()
    await Promise.all([this.#stapler.close(), this.#checker.close()])
    await this.#node.close()
  }

  #takeJump (byMs: number): void {
    this.#options.log.warn({ byMs: Math.round(byMs) }, 'the clock was set: staples and statuses of clients are judged and scheduled again')
    this.#stapler.clockJumped(byMs)
    this.#checker.clockJumped(byMs)
  }

  #targetsOf (object: ConfigObject): readonly StapleTarget[] {
    const read = this.#readSsl(object)
    if (read.kind === 'invalid') return [] // the workers name it
    try {
      return stapleTargetsOf(read.stored, { policy: this.#node.settings.staplePolicy, baseDir: this.#options.baseDir })
    } catch (err) {
      this.#options.log.error({ err, sslId: read.stored.id }, 'no ocsp response send: failed to convert certificate chain from PEM to DER')
      return []
    }
  }
}
