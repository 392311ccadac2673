import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createAdminApi, createDocumentChecker, type AdminApi, type AdminSettings, type StandaloneTarget } from '@clinch/admin-api'
import type { Listening } from '@clinch/data-plane'
import { createKeyring, writePlaceholders, type DocumentStore, type Store, type StoreEvent, type StoreWatch } from '@clinch/store'
import type { Logger } from 'pino'
import { AggregatorRegistry, register } from 'prom-client'
import { ensureAdminKeys } from '../config/admin-key.ts'
import { loadConfig, type LoadedConfig } from '../config/load-config.ts'
import { metricPrefixOf } from '../config/metric-prefix.ts'
import type { ResourceFile } from '../config/resource-file.ts'
import { servesAdmin } from '../config/serves-admin.ts'
import { readTrustedCa } from '../config/trusted-certificate.ts'
import { durationMs } from '../config/units.ts'
import { createControlApi } from '../control/control-api.ts'
import { createStatusApi } from '../control/status-api.ts'
import { FileProvider } from '../file-provider/file-provider.ts'
import { HealthAgent } from '../health/health-agent.ts'
import { watchUpstreamStatus } from '../health/health-metrics.ts'
import { OcspAgent } from '../ocsp/ocsp-agent.ts'
import { StapleShare } from '../ocsp/staple-share.ts'
import { createOpening, type Opening } from '../secrets/composition.ts'
import { fieldKeyringOf } from '../secrets/field-keyring.ts'
import { warnOfPublishedKeyring } from '../secrets/published-keyring.ts'
import { ConfigState } from './config-state.ts'
import { MachineParts } from './machine-parts.ts'
import { readAdminTls } from './admin-tls.ts'
import { openStore, type OpenedStore } from './open-store.ts'
import { PrimaryPlugins } from './plugin-host.ts'
import { pluginListChange, readPluginList, refreshPluginList, writePluginList } from './plugin-list.ts'
import { within } from '../within.ts'
import { WorkerPool } from './worker-pool.ts'

/** How long the start waits for the staples on disk: 10,000 of them take some three seconds. */
const longestLoadMs = 10_000
/** How long the start waits for secret managers, which are asked side by side. */
const firstSecretsMs = 6000

export interface StartedGateway {
  readonly listening: readonly Listening[]
  readonly admin: { readonly address: string, readonly port: number } | undefined
  readonly control: { readonly address: string, readonly port: number } | undefined
  readonly status: { readonly address: string, readonly port: number } | undefined
  readonly storeKind: Store['kind']
  readonly storePlace: string
  readonly generatedKey: boolean
  /** Only when the generated key could not be written to config.yaml. */
  readonly unwrittenKey: string | undefined
}

/**
 * The process that a machine has one of: it holds the store, the one watch, the Admin and control APIs and the OCSP
 * agent, and tells its workers what they need. Nothing on the path of a request waits for it, except a client
 * certificate that nobody has been asked about, and what limiters count for all workers (machine-parts.ts).
 */
export class Primary {
  readonly #log: Logger
  readonly #writeLog: (line: string) => void
  #loaded: LoadedConfig
  readonly #ticketSecret = randomBytes(32)
  readonly #metrics = new AggregatorRegistry()
  readonly #machine: MachineParts
  // made by start, in this order; closed in reverse
  readonly #closers: Array<() => Promise<void>> = []
  #pool: WorkerPool | undefined
  #plugins: PrimaryPlugins | undefined
  #agent: OcspAgent | undefined
  #opening: Opening | undefined
  #file: FileProvider | undefined
  /** Instead of the plugins of config.yaml: those on the list of a file, a request or a control plane. */
  #listedPlugins: readonly string[] | undefined
  #reloading: Promise<void> = Promise.resolve()

  /** @param writeLog - takes the log lines of workers */
  constructor (loaded: LoadedConfig, log: Logger, writeLog: (line: string) => void) {
    this.#loaded = loaded
    this.#log = log
    this.#writeLog = writeLog
    this.#machine = new MachineParts(log.child({ component: 'plugin' }), () => performance.timeOrigin + performance.now())
  }

  /** Rejects with the reason why the gateway cannot run; what was started until then is closed again. */
  async start (): Promise<StartedGateway> {
    try {
      return await this.#start()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Lets requests in flight end, up to `worker_shutdown_timeout`. May be called twice. */
  async close (): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((err: unknown) => this.#log.error({ err }, 'part of the gateway did not close'))
    }
  }

  async #start (): Promise<StartedGateway> {
    const { deployment, apisix, nginx_config: nginx } = this.#loaded.config
    const opened = await openStore(this.#loaded, this.#log)
    const { store, place, prefix, document, file } = opened
    this.#closers.push(async () => await store.close())
    const writes = deployment.role !== 'data_plane'
    if (writes && document === undefined) await writePlaceholders(store, prefix)

    const keys = await this.#adminKeys(writes)
    if (!servesAdmin(this.#loaded.config)) this.#listedPlugins = await readPluginList(store, prefix)
    const plugins = await PrimaryPlugins.load(this.#loaded, this.#listedPlugins, this.#log.child({ component: 'plugin' }), async () => await this.#collectMetrics())
    this.#plugins = plugins
    if (document === undefined && servesAdmin(this.#loaded.config)) await refreshPluginList(store, prefix, plugins.catalog)
    if (document !== undefined && file !== undefined) await this.#readFile(document, file, plugins)

    const state = new ConfigState(prefix)
    const { entries, revision } = await store.list(`${prefix}/`)
    state.load(entries, revision)
    const { configuration } = await this.#open(state, plugins)

    const agent = new OcspAgent({
      settings: () => this.#loaded.ocsp,
      catalog: () => plugins.catalog,
      folder: join(this.#loaded.dataDir, 'ocsp'),
      registry: register,
      metricPrefix: metricPrefixOf(this.#loaded.config),
      log: this.#log.child({ component: 'ocsp' }),
      now: Date.now,
      monotonicNow: () => performance.now(),
      random: Math.random,
      publish: staples => this.#pool?.broadcast({ kind: 'staples', staples }),
      publishClients: news => this.#pool?.broadcast({ kind: 'clientNews', news }),
      share: store.kind === 'etcd' && writes && this.#loaded.ocsp.share ? new StapleShare(store, prefix) : undefined,
      baseDir: this.#loaded.baseDir
    })
    this.#agent = agent
    this.#closers.push(async () => await agent.close())
    agent.start()
    agent.take(configuration.objects)
    await within(longestLoadMs, agent.loaded()) // the first handshake is stapled, however many there are to read

    const health = new HealthAgent({ prefix, trustedCaPem: await readTrustedCa(this.#loaded.config, this.#loaded.baseDir), log: this.#log.child({ component: 'health' }), now: Date.now })
    this.#closers.push(async () => health.close())
    watchUpstreamStatus(register, metricPrefixOf(this.#loaded.config), health)

    const servesTraffic = deployment.role !== 'control_plane'
    const workerConfig = this.#loaded.config // a reload changes the plugins alone: all workers keep one configuration
    this.#machine.use(plugins.catalog)
    this.#closers.push(async () => this.#machine.close())
    const pool = new WorkerPool({
      size: workerCount(this.#loaded),
      log: this.#log.child({ component: 'workers' }),
      onLogLine: this.#writeLog,
      startMessage: () => ({
        kind: 'start', config: workerConfig, ticketSecret: this.#ticketSecret, plugins: plugins.list, objects: configuration.objects, sequence: configuration.sequence, staples: agent.messages
      }),
      resyncMessage: () => ({ kind: 'resync', objects: configuration.objects, sequence: configuration.sequence }),
      onOcspQuestion: (question, answer) => agent.receive(question, answer),
      onMachineQuestions: (workerId, questions, answer) => this.#machine.receive(workerId, questions, answers => answer({ kind: 'machineAnswers', answers })),
      onHealthReport: (workerId, report, answer) => health.receive(workerId, report, news => answer({ kind: 'healthNews', news })),
      onWorkerGone: workerId => {
        this.#machine.workerGone(workerId)
        health.workerGone(workerId)
      }
    })
    this.#pool = pool

    const watch = this.#watch(store, prefix, state, agent)
    this.#closers.push(async () => await watch.close())
    if (servesTraffic) this.#closers.push(async () => await pool.stop(durationMs(nginx.worker_shutdown_timeout)))
    const status = apisix.status === undefined ? undefined : await this.#startStatus(apisix.status, pool, servesTraffic) // a probe may ask before all is there
    const listening = servesTraffic ? await pool.start() : []
    await plugins.start()
    this.#closers.push(async () => await plugins.close())

    const control = apisix.enable_control ? await this.#startControl(state, prefix, { agent, health }, pool, plugins) : undefined
    const admin = servesAdmin(this.#loaded.config) ? await this.#startAdmin(opened, state, agent, plugins) : undefined
    this.#file?.start()
    this.#closers.push(async () => await this.#file?.close())
    return {
      listening, admin, control, status, storeKind: store.kind, storePlace: place, generatedKey: keys.generated, unwrittenKey: keys.unwritten
    }
  }

  async #adminKeys (writes: boolean): Promise<{ generated: boolean, unwritten: string | undefined }> {
    if (!writes) return { generated: false, unwritten: undefined }
    const { keys, generated, unwritten } = await ensureAdminKeys(this.#loaded)
    this.#useKeys(keys)
    if (unwritten !== undefined) this.#log.warn({ err: unwritten }, 'the generated admin key could not be written to config.yaml and is gone with this process')
    return { generated, unwritten: unwritten === undefined ? undefined : String(keys.find(entry => entry.role === 'admin')?.key) }
  }

  #useKeys (keys: NonNullable<LoadedConfig['config']['deployment']['admin']['admin_key']>): void {
    const { config } = this.#loaded
    if (config.deployment.admin.admin_key === null) return
    const deployment = { ...config.deployment, admin: { ...config.deployment.admin, admin_key: keys } }
    this.#loaded = { ...this.#loaded, config: { ...config, deployment } }
  }

  /** What was asked of secret managers is waited for: what it serves from the first request on is complete if it can be. */
  async #open (state: ConfigState, plugins: PrimaryPlugins): Promise<Opening> {
    const log = this.#log.child({ component: 'secrets' })
    warnOfPublishedKeyring(this.#loaded.config, log)
    const opening = await createOpening({
      loaded: this.#loaded,
      catalog: () => plugins.catalog,
      environment: process.env,
      log,
      now: Date.now,
      random: Math.random,
      onChange: change => {
        if (change.changes.some(one => (one.kind === 'put' ? one.object.key : one.key).startsWith('ssls/'))) this.#agent?.take(opening.configuration.objects) // looks at every ssl
        this.#pool?.broadcast({ kind: 'changes', ...change })
      }
    })
    this.#opening = opening
    this.#closers.push(async () => await opening.close())
    opening.configuration.take(state.objects.map(object => ({ kind: 'put', object })))
    await opening.book.answered(firstSecretsMs)
    return opening
  }

  #watch (store: Store, prefix: string, state: ConfigState, agent: OcspAgent): StoreWatch {
    return store.watch(`${prefix}/`, {
      fromRevision: state.revision + 1,
      known: state.known,
      onBatch: batch => {
        agent.takeShared(batch.events)
        this.#followPluginList(batch.events, prefix)
        this.#opening?.configuration.take(state.apply(batch))
      },
      onConnected: connected => {
        if (connected) this.#log.info('the store is back')
        else this.#log.warn('the store is away: what is known goes on serving')
      }
    })
  }

  async #startControl (state: ConfigState, prefix: string, { agent, health }: { readonly agent: OcspAgent, readonly health: HealthAgent }, pool: WorkerPool, plugins: PrimaryPlugins): Promise<{ address: string, port: number }> {
    const { control } = this.#loaded.config.apisix
    const api = createControlApi({
      objects: () => state.objects,
      prefix,
      healthchecks: () => health.status,
      ocsp: agent.inspection,
      problems: () => [...this.#file?.problems ?? [], ...pool.problems, ...this.#opening?.configuration.problems ?? []],
      workers: () => pool.status,
      catalog: () => plugins.catalog,
      reloadPlugins: async () => await this.reloadPlugins(),
      log: this.#log.child({ component: 'control-api' })
    })
    this.#closers.push(async () => await api.close())
    return await api.listen({ host: control.ip, port: control.port })
  }

  async #startStatus ({ ip, port }: NonNullable<LoadedConfig['config']['apisix']['status']>, pool: WorkerPool, servesTraffic: boolean): Promise<{ address: string, port: number }> {
    const api = createStatusApi({
      workerCount: servesTraffic ? workerCount(this.#loaded) : 0,
      workers: () => pool.status,
      log: this.#log.child({ component: 'status-api' })
    })
    this.#closers.push(async () => await api.close())
    return await api.listen({ host: ip, port })
  }

  async #startAdmin ({ store, prefix, document }: OpenedStore, state: ConfigState, agent: OcspAgent, plugins: PrimaryPlugins): Promise<{ address: string, port: number }> {
    const { deployment, apisix } = this.#loaded.config
    const api: AdminApi = await createAdminApi({
      store,
      prefix,
      lastKnown: key => state.entryOf(key),
      keyring: createKeyring(apisix.data_encryption.keyring),
      fieldKeyring: fieldKeyringOf(this.#loaded.config),
      streamMode: apisix.proxy_mode !== 'http',
      settings: () => this.#adminSettings(),
      plugins: () => plugins.catalog,
      reloadPlugins: async () => {
        await this.reloadPlugins()
        await writePluginList(store, prefix, plugins.catalog)
      },
      standalone: document === undefined ? undefined : this.#standaloneTarget(document),
      ocsp: agent.inspection,
      log: this.#log.child({ component: 'admin-api' }),
      now: Date.now,
      tls: await readAdminTls(this.#loaded),
      apiVersion: deployment.admin.admin_api_version === 'v3' ? 'v3' : 'v2'
    })
    this.#closers.push(async () => await api.close())
    const { ip, port } = deployment.admin.admin_listen
    return await api.listen({ host: ip, port })
  }

  async #readFile (store: DocumentStore, file: ResourceFile, plugins: PrimaryPlugins): Promise<void> {
    const { keyring } = this.#loaded.config.apisix.data_encryption
    const provider = new FileProvider({
      file,
      environment: process.env,
      store,
      check: createDocumentChecker({ keyring: createKeyring(keyring), plugins: () => plugins.catalog }),
      usePlugins: async names => await this.#usePlugins(names),
      log: this.#log.child({ component: 'file-provider' })
    })
    this.#file = provider
    await provider.look()
  }

  #standaloneTarget (store: DocumentStore): StandaloneTarget {
    this.#log.warn('the configuration is kept in memory: it is gone when the gateway ends, and apisix.yaml is not read while enable_admin is true')
    return {
      replace: async ({ entries, plugins }) => {
        await this.#usePlugins(plugins?.length === 0 ? undefined : plugins)
        store.replace(entries)
      }
    }
  }

  // With an Admin API of its own a machine loads what its config.yaml says (admin-api.md 6.3).
  #followPluginList (events: readonly StoreEvent[], prefix: string): void {
    const change = servesAdmin(this.#loaded.config) ? undefined : pluginListChange(events, prefix)
    if (change === undefined) return
    this.#usePlugins(change.names).catch((err: unknown) => this.#log.error({ err }, 'the plugins that the control plane lists could not be loaded'))
  }

  /** Loads the plugins that were listed, or those of config.yaml, here and in every worker, unless they are what is loaded. */
  async #usePlugins (names: readonly string[] | undefined): Promise<void> {
    await this.#inTurn(async () => {
      if (JSON.stringify(names) === JSON.stringify(this.#listedPlugins)) return
      this.#listedPlugins = names
      await this.#loadPlugins()
    })
  }

  #adminSettings (): AdminSettings {
    const { deployment: { admin }, apisix, nginx_config: nginx, clinch } = this.#loaded.config
    return {
      adminKeys: admin.admin_key,
      adminKeyRequired: admin.admin_key_required,
      wrongKeysPerMinute: clinch.wrong_admin_keys_per_minute,
      allowAdmin: admin.allow_admin,
      enableCors: admin.enable_admin_cors,
      serverTokens: apisix.enable_server_tokens,
      realIp: { from: nginx.http.real_ip_from, header: nginx.http.real_ip_header }
    }
  }

  /**
   * Re-reads config.yaml and loads the plugins that it lists, here and in every worker; resolves when they are in
   * force. A file that cannot be read or is wrong rejects and changes nothing. One reload follows the other.
   */
  async reloadPlugins (): Promise<void> {
    await this.#inTurn(async () => await this.#reload())
    await this.#file?.recheck()
  }

  /** The operator has moved log files away: lines go to those that have their names now. */
  reopenLogs (): void {
    this.#pool?.broadcast({ kind: 'reopenLogs' })
    this.#log.info('log files were opened anew')
  }

  async #inTurn (job: () => Promise<void>): Promise<void> {
    const turn = this.#reloading.then(job)
    this.#reloading = turn.catch(() => {})
    await turn
  }

  async #reload (): Promise<void> {
    if (this.#plugins === undefined) return
    const fresh = await loadConfig(this.#loaded.file, process.env)
    const keysBefore = this.#loaded.config.deployment.admin.admin_key ?? []
    this.#loaded = fresh
    const keys = fresh.config.deployment.admin.admin_key ?? []
    // a key that was generated and could not be written is still the key
    this.#useKeys(keys.map((entry, index) => entry.key === '' ? keysBefore[index] ?? entry : entry))
    await this.#loadPlugins()
  }

  async #loadPlugins (): Promise<void> {
    if (this.#plugins === undefined) return
    await this.#plugins.reload(this.#loaded, this.#listedPlugins)
    const { list } = this.#plugins
    this.#opening?.configuration.pluginsChanged()
    this.#agent?.pluginsChanged()
    this.#machine.use(this.#plugins.catalog)
    this.#pool?.broadcast({ kind: 'plugins', plugins: list })
    if (this.#loaded.config.deployment.role !== 'control_plane') await this.#pool?.pluginsLoaded(list.version)
    this.#machine.retain(this.#plugins.catalog)
    this.#log.info({ plugins: this.#plugins.catalog.list.map(({ plugin }) => plugin.name), version: list.version }, 'plugins reloaded')
  }

  async #collectMetrics (): Promise<string> {
    const [workers, own] = await Promise.all([this.#metrics.clusterMetrics(), register.metrics()])
    return `${workers}\n${own}`
  }
}

function workerCount ({ config }: LoadedConfig): number {
  const { worker_processes: configured } = config.nginx_config
  return configured === 'auto' ? availableParallelism() : Number(configured)
}
