import type { Listening } from '@clinch/data-plane'
import { writePlaceholders, type Store } from '@clinch/store'
import type { Logger } from 'pino'
import { register } from 'prom-client'
import type { LoadedConfig } from '../config/load-config.ts'
import { metricPrefixOf } from '../config/metric-prefix.ts'
import { servesAdmin } from '../config/serves-admin.ts'
import { servesTraffic } from '../config/serves-traffic.ts'
import { readTrustedCa } from '../config/trusted-certificate.ts'
import { durationMs } from '../config/units.ts'
import { HealthAgent } from '../health/health-agent.ts'
import { watchUpstreamStatus } from '../health/health-metrics.ts'
import type { OpenLog } from '../logger.ts'
import { composeFirst, openLastGood } from '../last-good/composition.ts'
import { LastGoodKeeper } from '../last-good/last-good-keeper.ts'
import { watchStanding } from '../last-good/standing-metrics.ts'
import { Standing } from '../last-good/standing.ts'
import { within } from '../within.ts'
import { composeAdminApi } from './admin-api.ts'
import { warnOfExposedAdmin } from './admin-exposure.ts'
import { ConfigReload } from './config-reload.ts'
import { ConfigState } from './config-state.ts'
import { CurrentConfig } from './current-config.ts'
import { readDocument } from './document-content.ts'
import { composeControlApi, composeStatusApi } from './local-apis.ts'
import { MachineParts } from './machine-parts.ts'
import { composeExplainer, composeOcspAgent } from './ocsp.ts'
import { showNode } from './node-info.ts'
import { openStore } from './open-store.ts'
import { PrimaryPlugins } from './plugin-host.ts'
import { pluginListIn, readPluginList, refreshPluginList } from './plugin-list.ts'
import { PluginReloads } from './plugin-reloads.ts'
import { watchProcess } from './process-metrics.ts'
import type { RunningParts } from './running-parts.ts'
import { composeOpening, openFirst } from './secret-opening.ts'
import { showStore } from './store-metrics.ts'
import { watchStore } from './store-watch.ts'
import { composeTicketSecret } from './ticket-secret.ts'
import type { WorkerPool } from './worker-pool/worker-pool.ts'
import { composeWorkers, termsOf } from './workers.ts'

/** How long the start waits for the staples on disk: 10,000 of them take some three seconds. */
const longestLoadMs = 10_000

export interface Address {
  readonly address: string
  readonly port: number
}

export interface StartedGateway {
  readonly listening: readonly Listening[]
  readonly admin: Address | undefined
  readonly control: Address | undefined
  readonly status: Address | undefined
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
  readonly #config: CurrentConfig
  readonly #log: Logger
  readonly #openLog: Pick<OpenLog, 'log' | 'write' | 'setLevel'>
  readonly #machine: MachineParts
  // made by start, in this order; closed in reverse
  readonly #closers: Array<() => Promise<void>> = []
  #isClosing = false
  #pool: WorkerPool | undefined
  #parts: RunningParts | undefined
  #reloads: ConfigReload | undefined

  constructor (loaded: LoadedConfig, openLog: Pick<OpenLog, 'log' | 'write' | 'setLevel'>) {
    const { log } = openLog
    this.#config = new CurrentConfig(loaded)
    this.#openLog = openLog
    this.#log = log
    this.#machine = new MachineParts(log.child({ component: 'plugin' }), () => performance.timeOrigin + performance.now())
  }

  /**
   * Rejects with the reason why the gateway cannot run; what was started until then is closed again. Undefined when it was
   * closed before it ran.
   */
  async start (): Promise<StartedGateway | undefined> {
    try {
      return await this.#start()
    } catch (error) {
      if (this.#isClosing) return undefined
      await this.close()
      throw error
    }
  }

  /** Lets requests in flight end, up to `worker_shutdown_timeout`. May be called twice. */
  async close (): Promise<void> {
    this.#isClosing = true
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((err: unknown) => this.#log.error({ err }, 'part of the gateway did not close'))
    }
  }

  /** Undefined until they are made, before the workers start. */
  get parts (): RunningParts | undefined { return this.#parts }

  /** Puts config.yaml in force, or replaces the workers; undefined until the start is through. */
  get reloads (): ConfigReload | undefined { return this.#reloads }

  /** Ends the workers as they are. */
  kill (): void {
    this.#pool?.kill()
  }

  /** The operator has moved log files away: lines go to those that have their names now. */
  reopenLogs (): void {
    this.#pool?.broadcast({ kind: 'reopenLogs' })
    this.#log.info('log files were opened anew')
  }

  /** How long requests in flight may take to end. */
  get drainMs (): number { return durationMs(this.#config.config.nginx_config.worker_shutdown_timeout) }

  async #start (): Promise<StartedGateway> {
    const config = this.#config
    const log = this.#log
    const machine = this.#machine
    const storeLog = log.child({ component: 'store' })
    const { config: { deployment, apisix }, loaded } = config
    const opened = await openStore(loaded, log)
    const { store, place, prefix, document } = opened
    this.#closers.push(async () => await store.close())
    const stopping = new AbortController()
    this.#closers.push(async () => stopping.abort())
    const kept = opened.remote === undefined ? undefined : openLastGood(loaded, storeLog)
    this.#closers.push(async () => await kept?.close())
    const beginning = opened.remote === undefined ? undefined : composeFirst(opened.remote, loaded, { file: kept, log: storeLog, signal: stopping.signal })
    const isServed = servesTraffic(config.config)
    const notReady = () => this.#isClosing ? 'the gateway is stopping' : beginning?.waitingFor
    const status = apisix.status === undefined
      ? undefined
      : await this.#listen(composeStatusApi({ workerCount: isServed ? termsOf(config.config).size : 0, pool: () => this.#pool, notReady, log }), { host: apisix.status.ip, port: apisix.status.port })
    const first = await beginning?.read()
    const standing = new Standing({ now: Date.now, fromDiskAsOfMs: first?.fromDiskAsOfMs })
    const writes = deployment.role !== 'data_plane' && document === undefined

    const madeKey = deployment.role !== 'data_plane' ? await config.makeKeys(log) : { generated: false, unwritten: undefined }
    const listed = servesAdmin(config.config) ? undefined : first === undefined ? await readPluginList(store, prefix) : pluginListIn(first.entries, prefix)
    const plugins = await PrimaryPlugins.load(config.loaded, listed, log.child({ component: 'plugin' }), async () => await this.#collectMetrics())
    const tickets = composeTicketSecret(config.config, secret => pool.broadcast({ kind: 'ticketSecret', secret }))
    this.#closers.push(async () => tickets.close())
    const pool = composeWorkers({ config: config.config, ticketSecret: () => tickets.current, machine, log, writeLog: this.#openLog.write }, () => ({ plugins, opening, agent, health }))
    this.#pool = pool
    const reloads = new PluginReloads({ config, plugins, machine, pool, listed, log })
    const writeOwn = async () => {
      if (writes) await writePlaceholders(store, prefix)
      if (writes && servesAdmin(config.config)) await refreshPluginList(store, prefix, plugins.catalog)
    }
    if (standing.isConnected) await writeOwn()
    const file = document === undefined || opened.file === undefined ? undefined : await readDocument(opened.file, { store: document, config, catalog: () => plugins.catalog, reloads, log })

    const state = new ConfigState(prefix)
    const { entries, revision } = first ?? await store.list(`${prefix}/`)
    state.load(entries, revision)
    const agent = !isServed ? undefined : composeOcspAgent({ config, opened, plugins, pool, log })
    let takesChanges = false
    const opening = await composeOpening({ config, plugins, pool, onSslChange: () => { if (takesChanges) agent?.take(opening.configuration.objects) }, log })
    this.#closers.push(async () => await opening.close())
    if (isServed) await openFirst(opening, state)

    takesChanges = true
    const explainer = isServed ? undefined : composeExplainer({ config, reloads })
    this.#closers.push(async () => await explainer?.close())
    this.#closers.push(async () => await agent?.close())
    agent?.start()
    agent?.take(opening.configuration.objects)
    if (agent !== undefined) await within(longestLoadMs, agent.loaded()) // the first handshake is stapled, however many there are to read
    reloads.onLoaded(() => opening.configuration.pluginsChanged())
    reloads.onLoaded(() => agent?.pluginsChanged())

    const health = new HealthAgent({ prefix, trustedCaPem: await readTrustedCa(config.config, loaded.baseDir), log: log.child({ component: 'health' }), now: Date.now })
    this.#closers.push(async () => health.close())
    watchUpstreamStatus(register, metricPrefixOf(config.config), health)
    showNode(register, metricPrefixOf(config.config))
    showStore(register, metricPrefixOf(config.config), { store, prefix, state })

    watchStanding(register, metricPrefixOf(config.config), standing, () => state.revision)

    machine.use(plugins.catalog)
    this.#closers.push(async () => machine.close())
    const reloadPlugins = async () => {
      const changes = await reloads.reload()
      await file?.recheck()
      return changes
    }
    const parts: RunningParts = { config, opened, plugins, reloads, reloadPlugins: async () => { await reloadPlugins() }, state, standing, opening, agent, health, pool, file, log }
    this.#parts = parts
    const keeper = kept === undefined ? undefined : new LastGoodKeeper({ file: kept, configuration: state, standing, log: storeLog })
    this.#closers.push(async () => await keeper?.close())
    const onCaughtUp = () => { writeOwn().catch((err: unknown) => log.warn({ err }, 'placeholders and plugin list could not be written to the store')) }
    const watch = watchStore({ ...parts, keeper, onCaughtUp })
    this.#closers.push(async () => await watch.close())
    keeper?.start(standing.source === 'disk')
    if (isServed) this.#closers.push(async () => await pool.stop(this.drainMs))
    const listening = isServed ? await pool.start() : []
    tickets.start()
    await plugins.start()
    this.#closers.push(async () => await plugins.close())

    const control = apisix.enable_control ? await this.#listen(composeControlApi(parts), { host: apisix.control.ip, port: apisix.control.port }) : undefined
    const { ip: host, port } = deployment.admin.admin_listen
    const admin = servesAdmin(config.config) ? await this.#listen(await composeAdminApi(parts, explainer?.explain), { host, port }) : undefined
    if (admin !== undefined) warnOfExposedAdmin(config.config, log)
    file?.start()
    this.#closers.push(async () => await file?.close())
    this.#reloads = new ConfigReload({ config, pool, reloadPlugins, onChange: this.#openLog.setLevel, servesTraffic: isServed, log, now: Date.now })
    watchProcess(register, metricPrefixOf(config.config), { pool, reloads: this.#reloads })
    return {
      listening, admin, control, status, storeKind: store.kind, storePlace: place, generatedKey: madeKey.generated, unwrittenKey: madeKey.unwritten
    }
  }

  async #listen (api: ListeningApi, at: { readonly host: string, readonly port: number }): Promise<Address> {
    this.#closers.push(async () => await api.close())
    return await api.listen(at)
  }

  async #collectMetrics (): Promise<string> {
    const [workers, own] = await Promise.all([this.#pool?.collectMetrics() ?? '', register.metrics()])
    return `${workers}\n${own}`
  }
}

interface ListeningApi {
  listen (at: { readonly host: string, readonly port: number }): Promise<Address>
  close (): Promise<void>
}
