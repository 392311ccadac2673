import { DataPlane, PluginMetadata, StapleTable, type ConfigObject, type RunningPlugins } from '@clinch/data-plane'
import { createKeyring, decryptPrivateKey } from '@clinch/store'
import { createShare, loadPlugins, LogFiles, startPlugins, type Share, type StartedPlugins } from '@clinch/plugins'
import { register } from 'prom-client'
import type { ClientNews, FromWorker, PluginList, StapleMessage, ToWorker } from '../ipc/messages.ts'
import { explainError } from '../explain-error.ts'
import { readTrustedCa } from '../config/trusted-certificate.ts'
import { createLogger } from '../logger.ts'
import { stapleSettingsOf } from '../ocsp/settings.ts'
import { accessLogOf } from './access-log.ts'
import { dataPlaneSettings } from './data-plane-settings.ts'
import { MachineLinks } from './machine-links.ts'
import { RemoteOcsp } from './remote-ocsp.ts'

// The primary asks ahead about the certificates that workers have seen.
const reportSeenMs = 10_000

/** One worker process: serves traffic from what the primary tells it, until it is told to drain. */
export function runWorker (): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () => {}) // they reach the whole process group; the primary says what is to be done
  }
  const links = new MachineLinks(tell, () => performance.now())
  const parts: ConfigObject[] = []
  let starting: Promise<Worker> | undefined
  let configuring: Promise<void> = Promise.resolve()
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'machineAnswers') return links.answer(message.answers) // requests wait for them, whatever else is going on
    if (message.kind === 'metricsWanted') {
      tellMetrics().catch(broke)
      return
    }
    if (message.kind === 'objects') {
      parts.push(...message.objects)
      return
    }
    if (message.kind === 'start') {
      starting = start({ ...message, objects: parts.splice(0) }, links)
      configuring = starting.then(() => {}).catch(broke)
      return
    }
    if (starting === undefined) return
    const started = starting
    if (isConfiguration(message)) {
      const whole = message.kind === 'resync' ? { ...message, objects: parts.splice(0) } : message
      configuring = configuring.then(async () => await (await started).configure(whole)).catch(broke)
    } else {
      started.then(worker => worker.receive(message)).catch(broke) // what requests and handshakes wait for does not wait for a configuration
    }
  })
}

type Configuration = Extract<ToWorker, { kind: 'changes' | 'resync' | 'plugins' }>

function isConfiguration (message: ToWorker): message is Configuration {
  return message.kind === 'changes' || message.kind === 'resync' || message.kind === 'plugins'
}

// A worker that cannot start, or that broke, is of no use: the primary makes another or says why not.
function broke (error: unknown): void {
  process.send?.({ kind: 'failed', reason: explainError(error) } satisfies FromWorker, () => process.exit(1))
}

type Plugins = StartedPlugins & RunningPlugins
type Start = Extract<ToWorker, { kind: 'start' }>

async function start (message: Start, links: MachineLinks): Promise<Worker> {
  const worker = await Worker.create(message, links)
  const listening = await worker.dataPlane.listen()
  worker.report()
  tell({ kind: 'ready', listening })
  return worker
}

class Worker {
  readonly dataPlane: DataPlane
  readonly #staples: StapleTable
  readonly #ocsp: RemoteOcsp
  readonly #surroundings: PluginSurroundings
  readonly #log: ReturnType<typeof createLogger>
  #plugins: Plugins
  #sequence: number

  private constructor (parts: { dataPlane: DataPlane, staples: StapleTable, ocsp: RemoteOcsp, surroundings: PluginSurroundings, log: ReturnType<typeof createLogger>, plugins: Plugins, sequence: number }) {
    this.dataPlane = parts.dataPlane
    this.#staples = parts.staples
    this.#ocsp = parts.ocsp
    this.#surroundings = parts.surroundings
    this.#log = parts.log
    this.#plugins = parts.plugins
    this.#sequence = parts.sequence
  }

  static async create ({ config, ticketSecret, plugins: list, objects, sequence, staples: held }: Start, links: MachineLinks): Promise<Worker> {
    const log = createLogger(config).child({ worker: process.pid })
    const ocsp = new RemoteOcsp(tell, Date.now)
    const metadata = new PluginMetadata()
    const settings = dataPlaneSettings(config, Buffer.from(ticketSecret), await readTrustedCa(config, list.baseDir))
    const files = new LogFiles({ baseDir: list.baseDir, log: log.child({ component: 'log-files' }) })
    const surroundings = { log, ocsp, metadata, files, tlsPorts: settings.https.filter(({ proxyProtocol }) => proxyProtocol !== true).map(({ port }) => port), metricPrefix: settings.metricPrefix, links, share: createShare() }
    const plugins = await startList(list, surroundings)
    const { firstStapleWaitMs, skewMs } = stapleSettingsOf(list.attrs['ocsp-stapling'])
    const staples = new StapleTable({ now: Date.now, firstStapleWaitMs, skewMs })
    const keyring = createKeyring(config.apisix.data_encryption.keyring)
    const dataPlane = new DataPlane({
      settings,
      plugins,
      metadata,
      staples,
      metrics: register,
      reportHealth: tell,
      decryptKey: stored => {
        const pem = decryptPrivateKey(keyring, stored)
        if (pem === undefined) throw new Error('failed to decrypt ssl key: no entry of apisix.data_encryption.keyring fits')
        return pem
      },
      log: log.child({ component: 'data-plane' }),
      now: Date.now,
      accessLog: accessLogOf(config, files)
    })
    const worker = new Worker({ dataPlane, staples, ocsp, surroundings, log, plugins, sequence })
    worker.#takeStaples(held)
    setInterval(() => ocsp.reportSeen(), reportSeenMs).unref()
    await dataPlane.replaceAll(objects)
    tell({ kind: 'pluginsLoaded', version: list.version })
    return worker
  }

  /** One after the other, in the order of sending. */
  async configure (message: Configuration): Promise<void> {
    switch (message.kind) {
      case 'changes':
        if (message.after > this.#sequence) return tell({ kind: 'gap' })
        if (message.sequence <= this.#sequence) return
        await this.dataPlane.apply(message.changes)
        this.#sequence = message.sequence
        return this.report()
      case 'resync':
        await this.dataPlane.replaceAll(message.objects)
        this.#sequence = message.sequence
        return this.report()
      case 'plugins': return await this.#reload(message.plugins)
    }
  }

  receive (message: Exclude<ToWorker, Start | Configuration | { kind: 'machineAnswers' | 'metricsWanted' | 'objects' }>): void {
    switch (message.kind) {
      case 'staples': return this.#takeStaples(message.staples)
      case 'clientVerdict': return this.#ocsp.answer(message.requestId, message)
      case 'clientIssuer': return this.#ocsp.answerIssuer(message.requestId, message.issuerDer)
      case 'clientNews': return this.#takeClientNews(message.news)
      case 'healthNews': return this.dataPlane.takeHealth(message.news)
      case 'ticketSecret': return this.dataPlane.setTicketSecret(Buffer.from(message.secret))
      case 'reopenLogs': return this.#surroundings.files.reopen()
      case 'drain':
        this.#drain(message).catch(broke) // aside: what requests in flight wait for still comes in
    }
  }

  async #drain ({ deadlineMs, windDownMs }: { readonly deadlineMs: number, readonly windDownMs: number }): Promise<void> {
    await this.dataPlane.close(deadlineMs, windDownMs)
    await this.#plugins.close()
    await this.#surroundings.files.close()
    await tellMetrics()
    process.disconnect()
    process.exit(0)
  }

  report (): void {
    tell({ kind: 'applied', sequence: this.#sequence, problems: this.dataPlane.problems })
  }

  // The new plugins are started before the old ones are let go: no request meets a half-loaded list.
  async #reload (list: PluginList): Promise<void> {
    const before = this.#plugins
    this.#plugins = await startList(list, this.#surroundings)
    this.#staples.use(stapleSettingsOf(list.attrs['ocsp-stapling']))
    await this.dataPlane.setPlugins(this.#plugins)
    this.report()
    tell({ kind: 'pluginsLoaded', version: list.version })
    before.close().catch(broke) // aside: what the old ones still have to send holds nothing up
  }

  #takeClientNews (news: readonly ClientNews[]): void {
    for (const item of news) {
      this.#ocsp.take(item)
      if (item.kind === 'verdict' && item.verdict.kind === 'revoked') this.dataPlane.drainClient(item.fingerprint)
    }
  }

  #takeStaples (messages: readonly StapleMessage[]): void {
    for (const message of messages) {
      switch (message.kind) {
        case 'hold': this.#staples.hold(message.id, { ...message, der: Buffer.from(message.der) }); break
        case 'nothing': this.#staples.holdNothing(message.id, message.reason); break
        case 'forget': this.#staples.forget(message.id); break
      }
    }
  }
}

interface PluginSurroundings {
  readonly log: ReturnType<typeof createLogger>
  readonly ocsp: RemoteOcsp
  readonly metadata: PluginMetadata
  readonly tlsPorts: readonly number[]
  readonly metricPrefix: string
  readonly links: MachineLinks
  readonly share: Share
  readonly files: LogFiles
}

async function startList (list: PluginList, { log, ocsp, metadata, tlsPorts, metricPrefix, links, share, files }: PluginSurroundings): Promise<Plugins> {
  const catalog = await loadPlugins(list.entries, { baseDir: list.baseDir, attrs: list.attrs, log })
  const started = await startPlugins(catalog, {
    log: log.child({ component: 'plugin' }), now: Date.now, metadataOf: plugin => metadata.of(plugin), tlsPorts, ocsp, metrics: register, metricPrefix, machineOf: links.linkOf, share, openLogFile: path => files.open(path)
  })
  return { ...started, catalog }
}

/** Resolves when the primary has them. */
async function tellMetrics (): Promise<void> {
  const metrics = await register.getMetricsAsJSON()
  await new Promise<void>(resolve => process.send?.({ kind: 'metrics', metrics } satisfies FromWorker, () => resolve()))
}

function tell (message: FromWorker): void {
  process.send?.(message)
}
