import { OcspAgent, stapleSettingsOf, type ClientNews, type StapleMessage, type ToWorker } from '@clinch/gateway'
import { loadPlugins } from '@clinch/plugins'
import { Registry } from 'prom-client'
import type { Test } from 'tap'
import { until } from '../support/gateway.ts'
import { recordLog, type LogLine, type LogRecorder } from '../support/log-recorder.ts'
import { createOcspResponder, type OcspResponder, type OcspResponderOptions } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export interface AgentWorldOptions {
  /** `plugin_attr.ocsp-stapling`. */
  readonly attr?: object
  readonly responder?: Partial<OcspResponderOptions>
  readonly folder?: string
}

type Verdict = Extract<ToWorker, { readonly kind: 'clientVerdict' }>

/** The OCSP agent of a machine over real sockets and files, with clocks that a test moves. */
export class AgentWorld {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly agent: OcspAgent
  readonly registry: Registry
  readonly recorder: LogRecorder
  /** What workers were told. */
  readonly told: StapleMessage[]
  readonly news: ClientNews[]
  /** The wall clock, which the responder shares unless it has one of its own. */
  readonly clock: { wallMs: number, monotonicMs: number }
  readonly #attr: { current: object }
  readonly #ssls = new Map<string, string>()
  #revision = 0

  private constructor (parts: Pick<AgentWorld, 'authority' | 'responder' | 'agent' | 'registry' | 'recorder' | 'told' | 'news' | 'clock'> & { readonly attr: { current: object } }) {
    this.authority = parts.authority
    this.responder = parts.responder
    this.agent = parts.agent
    this.registry = parts.registry
    this.recorder = parts.recorder
    this.told = parts.told
    this.news = parts.news
    this.clock = parts.clock
    this.#attr = parts.attr
  }

  static async create (t: Test, options: AgentWorldOptions = {}): Promise<AgentWorld> {
    const clock = { wallMs: Date.now(), monotonicMs: 0 }
    const authority = createAuthority()
    const responder = await createOcspResponder({ authority, now: () => clock.wallMs, ...options.responder })
    t.teardown(async () => await responder.close())
    const recorder = recordLog('debug')
    const catalog = await loadPlugins(['ocsp-stapling'], { baseDir: import.meta.dirname, attrs: {}, log: recorder.log })
    const [registry, told, news] = [new Registry(), [] as StapleMessage[], [] as ClientNews[]]
    const attr = { current: options.attr ?? {} }
    const folder = options.folder ?? t.testdir()
    const agent = new OcspAgent({
      settings: () => stapleSettingsOf({ aia_allow: [new URL(responder.url).host], ...attr.current }),
      catalog: () => catalog,
      folder,
      registry,
      metricPrefix: 'x_',
      log: recorder.log,
      now: () => clock.wallMs,
      monotonicNow: () => clock.monotonicMs,
      random: () => 0.5,
      publish: messages => { told.push(...messages) },
      publishClients: items => { news.push(...items) },
      share: undefined,
      baseDir: folder
    })
    t.teardown(async () => await agent.close())
    agent.start()
    return new AgentWorld({ authority, responder, agent, registry, recorder, told, news, clock, attr })
  }

  issue (name: string, options: Parameters<Authority['issue']>[0] = {}): Issued {
    const issued = this.authority.issue({ subject: name, sans: [name], ocspUris: [this.responder.url], ...options })
    this.responder.set(issued, 'good')
    return issued
  }

  /** Stores an ssl, or stores it anew. */
  put (id: string, { chainPem, keyPem }: Issued, stapling: object = {}): void {
    this.#ssls.set(id, JSON.stringify({ cert: chainPem, key: keyPem, sni: `${id}.test`, ocsp_stapling: { enabled: true, ...stapling } }))
    const objects = Array.from(this.#ssls, ([key, value]) => ({ key: `ssls/${key}`, value, createRevision: 1, modRevision: ++this.#revision }))
    this.agent.take(objects)
  }

  /** The first question about it has come to nothing. */
  async fails (id: string): Promise<void> {
    await until(() => this.view(id)?.last_error !== undefined, () => `${id} is ${JSON.stringify(this.view(id))}`)
  }

  /** Other settings in config.yaml, and a reload. */
  configure (attr: object): void {
    this.#attr.current = attr
    this.agent.pluginsChanged()
  }

  view (id: string) {
    return this.agent.staples.find(({ ssl_id: sslId }) => sslId === id)
  }

  async becomes (id: string, state: string): Promise<void> {
    await until(() => this.view(id)?.state === state, () => `${id} is ${JSON.stringify(this.view(id))}`)
  }

  /** Time goes by, on both clocks. */
  async pass (ms: number): Promise<void> {
    this.clock.monotonicMs += ms
    await this.setClock(ms)
  }

  /** The wall clock alone is set. */
  async setClock (byMs: number): Promise<void> {
    this.clock.wallMs += byMs
    await this.agent.tick()
  }

  async check ({ certificate }: Issued, { maxAgeMs = hourMs, responder }: { maxAgeMs?: number, responder?: string } = {}): Promise<Verdict['verdict']> {
    return await new Promise(resolve => {
      const check = {
        requestId: 1, fingerprint: certificate.fingerprint, certificateDer: certificate.der, issuerDer: this.authority.certDer, crlIssuersDer: [], responder, prefer: undefined, crl: undefined, maxAgeMs, deadlineMs: 2000, sslId: '1', peerAddress: '192.0.2.1'
      }
      this.agent.receive({ kind: 'clientCheck', check }, answer => { if (answer.kind === 'clientVerdict') resolve(answer.verdict) })
    })
  }

  /** The log lines with that in their message. */
  logged (part: string): LogLine[] {
    return this.recorder.lines.filter(({ msg }) => msg.includes(part))
  }

  async metrics (): Promise<string> {
    return await this.registry.metrics()
  }
}
