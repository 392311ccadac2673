import { join } from 'node:path'
import { createOcspClient, type OcspClient } from '@clinch/ocsp-core'
import { createClientChecker, FetchMetrics, stapleSettingsOf, type ClientChecker, type ClientNews, type OcspQuestion } from '@clinch/gateway'
import type { ClientVerdict } from '@clinch/plugins'
import { Registry } from 'prom-client'
import type { Test } from 'tap'
import { recordLog, type LogRecorder } from '../support/log-recorder.ts'
import { createOcspResponder, type OcspResponder, type OcspResponderOptions } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

type CheckMessage = Extract<OcspQuestion, { kind: 'clientCheck' }>['check']

export interface WorldOptions {
  /** `plugin_attr.ocsp-stapling`; the responder is on the allow list unless this says otherwise. */
  readonly attr?: object
  /** On the allow list besides the responder. */
  readonly allow?: readonly string[]
  readonly responder?: Partial<OcspResponderOptions>
  readonly limits?: { readonly maxStatuses?: number, readonly maxRevoked?: number }
}

/** The client checker of a primary over real sockets, with a clock that a test moves. */
export class ClientWorld {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly folder: string
  readonly recorder: LogRecorder = recordLog('debug')
  readonly news: ClientNews[] = []
  /** What was passed on when a second passed, a minute, an hour: the gateway's clock and the responder's. */
  readonly clock: { ms: number }
  checker: ClientChecker
  registry = new Registry()
  readonly #options: WorldOptions
  #client: OcspClient

  private constructor (parts: { authority: Authority, responder: OcspResponder, folder: string, clock: { ms: number }, options: WorldOptions }) {
    this.authority = parts.authority
    this.responder = parts.responder
    this.folder = parts.folder
    this.clock = parts.clock
    this.#options = parts.options
    const made = this.#make()
    this.checker = made.checker
    this.#client = made.client
  }

  static async create (t: Test, options: WorldOptions = {}): Promise<ClientWorld> {
    const authority = createAuthority({ name: 'Client CA' })
    const clock = { ms: Date.now() }
    const responder = await createOcspResponder({ authority, now: () => clock.ms, ...options.responder })
    t.teardown(async () => await responder.close())
    const world = new ClientWorld({ authority, responder, folder: join(t.testdir(), 'clients'), clock, options })
    t.teardown(async () => await world.stop())
    return world
  }

  /** A client whose certificate names the responder. */
  issue (status: 'good' | 'revoked' | 'unknown' = 'good', options: Parameters<Authority['issue']>[0] = {}): Issued {
    const issued = this.authority.issue({ subject: 'client', ocspUris: [this.responder.url], ...options })
    this.responder.set(issued, status)
    return issued
  }

  async check (client: Issued, change: Partial<CheckMessage> = {}): Promise<ClientVerdict> {
    return (await this.checker.check(this.messageOf(client, change))).verdict
  }

  messageOf ({ certificate }: Issued, change: Partial<CheckMessage> = {}): CheckMessage {
    return {
      requestId: 1,
      fingerprint: certificate.fingerprint,
      certificateDer: certificate.der,
      issuerDer: this.authority.certificate.der,
      crlIssuersDer: [],
      responder: undefined,
      maxAgeMs: hourMs,
      deadlineMs: 2000,
      sslId: 'ssl1',
      peerAddress: '192.0.2.1',
      ...change
    }
  }

  async metrics (): Promise<string> {
    return await this.registry.metrics()
  }

  /** Ends this primary and starts another over the same folder. */
  async restart (): Promise<void> {
    await this.stop()
    this.registry = new Registry()
    const made = this.#make()
    this.checker = made.checker
    this.#client = made.client
  }

  async stop (): Promise<void> {
    await this.checker.close()
    await this.#client.close()
  }

  #make (): { checker: ClientChecker, client: OcspClient } {
    const settings = stapleSettingsOf({ aia_allow: [this.responder.url, ...this.#options.allow ?? []].map(url => new URL(url).host), ...this.#options.attr })
    const client = createOcspClient(settings.client)
    const { log } = this.recorder
    const now = (): number => this.clock.ms
    const checker = createClientChecker({
      node: { settings, client },
      folder: this.folder,
      crlFolder: join(this.folder, '..', 'crls'),
      baseDir: join(this.folder, '..'),
      hashMemory: new Map(),
      metrics: new FetchMetrics(this.registry, ''),
      registry: this.registry,
      metricPrefix: '',
      log,
      now,
      monotonicNow: now,
      random: () => 0.5,
      publish: news => { this.news.push(...news) },
      limits: this.#options.limits
    })
    checker.start()
    return { checker, client }
  }
}
