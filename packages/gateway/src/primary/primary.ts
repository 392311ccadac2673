import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createAdminApi, type AdminApi, type AdminSettings } from '@clinch/admin-api'
import type { Listening } from '@clinch/data-plane'
import { createKeyring, writePlaceholders, type Store, type StoreWatch } from '@clinch/store'
import type { Logger } from 'pino'
import { AggregatorRegistry, register } from 'prom-client'
import { ensureAdminKeys } from '../config/admin-key.ts'
import { loadConfig, type LoadedConfig } from '../config/load-config.ts'
import { metricPrefixOf } from '../config/metric-prefix.ts'
import { durationMs } from '../config/units.ts'
import { ControlApi } from '../control/control-api.ts'
import { OcspAgent } from '../ocsp/ocsp-agent.ts'
import { StapleShare } from '../ocsp/staple-share.ts'
import { ConfigState } from './config-state.ts'
import { readAdminTls } from './admin-tls.ts'
import { openStore } from './open-store.ts'
import { PrimaryPlugins } from './plugin-host.ts'
import { writePluginList } from './plugin-list.ts'
import { WorkerPool } from './worker-pool.ts'

export interface StartedGateway {
  readonly listening: readonly Listening[]
  readonly admin: { readonly address: string, readonly port: number } | undefined
  readonly control: { readonly address: string, readonly port: number } | undefined
  readonly storeKind: Store['kind']
  readonly storePlace: string
  readonly generatedKey: boolean
  /** Only when the generated key could not be written to config.yaml. */
  readonly unwrittenKey: string | undefined
}

/**
 * The process that a machine has one of: it holds the store, the one watch, the Admin and control APIs and the OCSP
 * agent, and tells its workers what they need. Nothing on the path of a request waits for it, except a client
 * certificate that nobody has been asked about.
 */
export class Primary {
  readonly #log: Logger
  #loaded: LoadedConfig
  readonly #ticketSecret = randomBytes(32)
  readonly #metrics = new AggregatorRegistry()
  // made by start, in this order; closed in reverse
  readonly #closers: Array<() => Promise<void>> = []
  #pool: WorkerPool | undefined
  #plugins: PrimaryPlugins | undefined
  #agent: OcspAgent | undefined
  #reloading: Promise<void> = Promise.resolve()

  constructor (loaded: LoadedConfig, log: Logger) {
    this.#loaded = loaded
    this.#log = log
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
    const { store, place } = await openStore(this.#loaded, this.#log)
    this.#closers.push(async () => await store.close())
    const { prefix } = deployment.etcd
    const writes = deployment.role !== 'data_plane'
    if (writes) await writePlaceholders(store, prefix)

    const keys = await this.#adminKeys(writes)
    const plugins = await PrimaryPlugins.load(this.#loaded, this.#log.child({ component: 'plugin' }), async () => await this.#collectMetrics())
    this.#plugins = plugins

    const state = new ConfigState(prefix)
    const { entries, revision } = await store.list(`${prefix}/`)
    state.load(entries, revision)

    const agent = new OcspAgent({
      settings: () => this.#loaded.ocsp,
      catalog: () => plugins.catalog,
      folder: join(this.#loaded.dataDir, 'ocsp', 'staples'),
      clientFolder: join(this.#loaded.dataDir, 'ocsp', 'clients'),
      registry: register,
      metricPrefix: metricPrefixOf(this.#loaded.config),
      log: this.#log.child({ component: 'ocsp' }),
      now: Date.now,
      random: Math.random,
      publish: staples => this.#pool?.broadcast({ kind: 'staples', staples }),
      publishClients: news => this.#pool?.broadcast({ kind: 'clientNews', news }),
      share: store.kind === 'etcd' && writes && this.#loaded.ocsp.share ? new StapleShare(store, prefix) : undefined,
      baseDir: this.#loaded.baseDir
    })
    this.#agent = agent
    this.#closers.push(async () => await agent.close())
    agent.start()
    agent.take(state.objects)

    const servesTraffic = deployment.role !== 'control_plane'
    const workerConfig = this.#loaded.config // a reload changes the plugins alone: all workers keep one configuration
    const pool = new WorkerPool({
      size: workerCount(this.#loaded),
      log: this.#log.child({ component: 'workers' }),
      startMessage: () => ({
        kind: 'start', config: workerConfig, ticketSecret: this.#ticketSecret, plugins: plugins.list, objects: state.objects, sequence: state.sequence, staples: agent.messages
      }),
      resyncMessage: () => ({ kind: 'resync', objects: state.objects, sequence: state.sequence }),
      onOcspQuestion: (question, answer) => agent.receive(question, answer)
    })
    this.#pool = pool

    const watch = this.#watch(store, prefix, state, agent)
    this.#closers.push(async () => await watch.close())
    if (servesTraffic) this.#closers.push(async () => await pool.stop(durationMs(nginx.worker_shutdown_timeout)))
    const listening = servesTraffic ? await pool.start() : []
    await plugins.start()
    this.#closers.push(async () => await plugins.close())

    const control = apisix.enable_control ? await this.#startControl(state, agent, pool, plugins) : undefined
    const admin = writes && apisix.enable_admin ? await this.#startAdmin(store, prefix, agent, plugins) : undefined
    return {
      listening, admin, control, storeKind: store.kind, storePlace: place, generatedKey: keys.generated, unwrittenKey: keys.unwritten
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

  #watch (store: Store, prefix: string, state: ConfigState, agent: OcspAgent): StoreWatch {
    return store.watch(`${prefix}/`, {
      fromRevision: state.revision + 1,
      known: state.known,
      onBatch: batch => {
        agent.takeShared(batch.events)
        const { after, sequence, changes } = state.apply(batch)
        if (changes.length === 0) return
        agent.take(state.objects)
        this.#pool?.broadcast({ kind: 'changes', after, sequence, changes })
      },
      onConnected: connected => {
        if (connected) this.#log.info('the store is back')
        else this.#log.warn('the store is away: what is known goes on serving')
      }
    })
  }

  async #startControl (state: ConfigState, agent: OcspAgent, pool: WorkerPool, plugins: PrimaryPlugins): Promise<{ address: string, port: number }> {
    const { control } = this.#loaded.config.apisix
    const api = new ControlApi({
      objects: () => state.objects,
      ocsp: agent.inspection,
      problems: () => pool.problems,
      workers: () => pool.status,
      catalog: () => plugins.catalog,
      reloadPlugins: async () => await this.reloadPlugins(),
      log: this.#log.child({ component: 'control-api' })
    })
    this.#closers.push(async () => await api.close())
    return await api.listen({ host: control.ip, port: control.port })
  }

  async #startAdmin (store: Store, prefix: string, agent: OcspAgent, plugins: PrimaryPlugins): Promise<{ address: string, port: number }> {
    const { deployment, apisix } = this.#loaded.config
    const api: AdminApi = await createAdminApi({
      store,
      prefix,
      keyring: createKeyring(apisix.data_encryption.keyring),
      settings: () => this.#adminSettings(),
      plugins: () => plugins.catalog,
      reloadPlugins: async () => {
        await this.reloadPlugins()
        await writePluginList(store, prefix, plugins.catalog)
      },
      ocsp: agent.inspection,
      log: this.#log.child({ component: 'admin-api' }),
      now: Date.now,
      tls: await readAdminTls(this.#loaded)
    })
    this.#closers.push(async () => await api.close())
    const { ip, port } = deployment.admin.admin_listen
    return await api.listen({ host: ip, port })
  }

  #adminSettings (): AdminSettings {
    const { deployment: { admin }, apisix, nginx_config: nginx } = this.#loaded.config
    return {
      adminKeys: admin.admin_key,
      adminKeyRequired: admin.admin_key_required,
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
    const next = this.#reloading.then(async () => await this.#reload())
    this.#reloading = next.catch(() => {})
    await next
  }

  async #reload (): Promise<void> {
    if (this.#plugins === undefined) return
    const fresh = await loadConfig(this.#loaded.file, process.env)
    const keysBefore = this.#loaded.config.deployment.admin.admin_key ?? []
    this.#loaded = fresh
    const keys = fresh.config.deployment.admin.admin_key ?? []
    // a key that was generated and could not be written is still the key
    this.#useKeys(keys.map((entry, index) => entry.key === '' ? keysBefore[index] ?? entry : entry))
    await this.#plugins.reload(this.#loaded)
    const { list } = this.#plugins
    this.#agent?.pluginsChanged()
    this.#pool?.broadcast({ kind: 'plugins', plugins: list })
    if (fresh.config.deployment.role !== 'control_plane') await this.#pool?.pluginsLoaded(list.version)
    this.#log.info({ plugins: this.#plugins.catalog.list.map(({ plugin }) => plugin.name), version: list.version }, 'plugins reloaded')
  }

  async #collectMetrics (): Promise<string> {
    const [workers, own] = await Promise.all([this.#metrics.clusterMetrics(), register.metrics()])
    return `${workers}\n${own}`
  }
}

function workerCount ({ config }: LoadedConfig): number {
  const { worker_processes: configured } = config.nginx_config
  return configured === 'auto' ? availableParallelism() : configured
}
