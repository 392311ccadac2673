import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminApi, type AdminApi, type AdminApiOptions, type AdminSettings } from '@clinch/admin-api'
import { loadPlugins } from '@clinch/plugins'
import { createKeyring, openEmbeddedStore, type Keyring, type Store } from '@clinch/store'
import { pino, type Logger } from 'pino'

export const adminKey = 'a-key-for-tests'
export const viewerKey = 'a-viewer-for-tests'

export const settings: AdminSettings = {
  adminKeys: [{ name: 'admin', key: adminKey, role: 'admin' }, { name: 'viewer', key: viewerKey, role: 'viewer' }],
  adminKeyRequired: true,
  wrongKeysPerMinute: 10,
  allowAdmin: ['127.0.0.0/24'],
  enableCors: true,
  serverTokens: true
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // answers are matched by tests, field by field
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

export interface AdminServer {
  readonly api: AdminApi
  readonly url: string
  readonly store: Store
  readonly keyring: Keyring
  /** Every log line so far. */
  readonly lines: string[]
  /** Milliseconds; tests move it. */
  readonly clock: { nowMs: number }
  /** A string is sent as it stands, anything else as JSON; the admin's key goes along unless headers are given. */
  send (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
}

interface Teardown { teardown (fn: () => unknown): void }

export interface AdminServerOptions extends Partial<Omit<AdminApiOptions, 'settings' | 'plugins'>> {
  readonly settings?: Partial<AdminSettings>
  /** Names of the plugins that are loaded; the array may change and then `reload` is called. */
  readonly plugins?: string[]
}

/** An Admin API on a free port, over an embedded store in a folder of its own. */
export async function startAdmin (t: Teardown, options: AdminServerOptions = {}): Promise<AdminServer> {
  const { settings: changed, plugins = ['ocsp-stapling', 'ip-restriction', 'request-id'], ...rest } = options
  const lines: string[] = []
  const log: Logger = pino({ level: 'trace' }, { write: line => { lines.push(line) } })
  const clock = { nowMs: Date.UTC(2030, 0, 1) }
  const store = rest.store ?? await openStore(t)
  const keyring = rest.keyring ?? createKeyring(['qeddd145sfvddff3'])
  let catalog = await loadPlugins(plugins, { baseDir: process.cwd(), attrs: {}, log })
  const api = await createAdminApi({
    store,
    prefix: '/apisix',
    keyring,
    settings: () => ({ ...settings, ...changed }),
    plugins: () => catalog,
    reloadPlugins: async () => { catalog = await loadPlugins(plugins, { baseDir: process.cwd(), attrs: {}, log }) },
    log: log.child({ component: 'admin-api' }),
    now: () => clock.nowMs,
    ...rest
  })
  t.teardown(() => api.close())
  const { port } = await api.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${port}`
  return { api, url, store, keyring, lines, clock, send: (...request) => send(url, ...request) }
}

export async function openStore (t: Teardown): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'clinch-admin-api-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openEmbeddedStore({ path: join(folder, 'store.db') })
  t.teardown(() => store.close())
  return store
}

async function send (url: string, method: string, path: string, body?: unknown, headers: Record<string, string> = { 'x-api-key': adminKey }): Promise<Reply> {
  const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await fetch(url + path, { method, headers, ...content })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
