import { createHashMemory, createOcspClient, staplePolicy, type OcspClient } from '@clinch/ocsp-core'
import { createSslReader, type ConfigObject, type StoredSslReader } from '@clinch/data-plane'
import type { ClientVerdict, PluginCatalog } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ClientCheckMessage, StapleMessage } from '../ipc/messages.ts'
import { ClientChecker } from './client-checker.ts'
import { FetchMetrics } from './fetch-metrics.ts'
import { stapleSettingsOf } from './settings.ts'
import { StapleAgent, type StapleView } from './staple-agent.ts'
import { watchStaples } from './staple-metrics.ts'
import { StapleDisk } from './staple-disk.ts'
import { stapleTargetsOf, type StapleTarget } from './staple-target.ts'

export interface OcspAgentOptions {
  /** `plugin_attr.ocsp-stapling` as it is now. */
  readonly attrs: () => unknown
  readonly catalog: () => PluginCatalog
  /** Where verified responses are kept. */
  readonly folder: string
  readonly registry: Registry
  readonly metricPrefix: string
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
  readonly publish: (messages: readonly StapleMessage[]) => void
}

/** The one part of a machine that asks OCSP responders: for the certificates it presents and for its clients'. */
export class OcspAgent {
  readonly #options: OcspAgentOptions
  readonly #client: OcspClient
  readonly #stapler: StapleAgent
  readonly #checker: ClientChecker
  #objects: readonly ConfigObject[] = []
  #readSsl: StoredSslReader
  /** By modRevision: an ssl that did not change is not parsed again. */
  #targets = new Map<string, { readonly modRevision: number, readonly targets: readonly StapleTarget[] }>()

  constructor (options: OcspAgentOptions) {
    this.#options = options
    const { responderTimeoutMs, maxInFlight, skewMs } = stapleSettingsOf(options.attrs())
    this.#client = createOcspClient({ deadlineMs: responderTimeoutMs })
    const shared = {
      client: this.#client,
      hashMemory: createHashMemory(),
      metrics: new FetchMetrics(options.registry, options.metricPrefix),
      log: options.log,
      now: options.now
    }
    this.#stapler = new StapleAgent({
      ...shared,
      disk: new StapleDisk(options.folder),
      random: options.random,
      policy: { ...staplePolicy, skewMs },
      deadlineMs: responderTimeoutMs,
      maxInFlight,
      publish: options.publish
    })
    this.#checker = new ClientChecker(shared)
    watchStaples(options.registry, options.metricPrefix, () => this.staples, options.now)
    this.#readSsl = createSslReader(options.catalog())
  }

  /** The whole configuration as it is now. */
  take (objects: readonly ConfigObject[]): void {
    this.#objects = objects
    const targets = new Map<string, { readonly modRevision: number, readonly targets: readonly StapleTarget[] }>()
    for (const object of objects) {
      if (!object.key.startsWith('ssls/')) continue
      const known = this.#targets.get(object.key)
      targets.set(object.key, known?.modRevision === object.modRevision ? known : { modRevision: object.modRevision, targets: this.#targetsOf(object) })
    }
    this.#targets = targets
    this.#stapler.setTargets([...targets.values()].flatMap(entry => entry.targets))
  }

  /** The plugin came or went: what an ssl says of stapling means something else now. */
  pluginsChanged (): void {
    this.#readSsl = createSslReader(this.#options.catalog())
    this.#targets.clear()
    this.take(this.#objects)
  }

  /** Everything that a worker which starts must know. */
  get messages (): readonly StapleMessage[] { return this.#stapler.messages }

  get staples (): readonly StapleView[] { return this.#stapler.views }

  /** Never rejects: a check that breaks is indeterminate. */
  async checkClient (check: ClientCheckMessage): Promise<ClientVerdict> {
    try {
      return await this.#checker.check(check)
    } catch (err) {
      this.#options.log.error({ err }, 'client certificate check broke')
      return { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED', detail: 'the check broke' }
    }
  }

  async close (): Promise<void> {
    await Promise.all([this.#stapler.close(), this.#checker.close()])
    await this.#client.close()
  }

  #targetsOf (object: ConfigObject): readonly StapleTarget[] {
    const read = this.#readSsl(object)
    if (read.kind === 'invalid') return [] // the workers name it
    try {
      return stapleTargetsOf(read.stored)
    } catch (err) {
      this.#options.log.error({ err, sslId: read.stored.id }, 'no ocsp response send: failed to convert certificate chain from PEM to DER')
      return []
    }
  }
}
