import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { request } from 'undici'
import { parseDocument, stringify } from 'yaml'

const cli = fileURLToPath(new URL('../../packages/gateway/src/cli.ts', import.meta.url))

export interface GatewayOptions {
  readonly plugins?: readonly string[]
  /** One, unless the test is about what several have in common. */
  readonly workers?: number
  /** Responders that client certificates name: the guard refuses loopback unless it is listed. */
  readonly responders?: readonly string[]
  /** Merged over the test's config.yaml at its top level. */
  readonly config?: Readonly<Record<string, unknown>>
  /** A folder to run in again; without it a temporary one. */
  readonly folder?: string
}

export interface AdminAnswer {
  readonly status: number
  readonly text: string
  readonly body: Record<string, never> & { [name: string]: unknown }
}

/** A gateway of its own: one process, free ports, a temporary folder; stopped and removed with the test. */
export class TestGateway {
  readonly folder: string
  readonly key = 'test-admin-key-0123456789abcdef'
  readonly viewerKey = 'test-viewer-key-0123456789abcdef'
  #process: ChildProcess | undefined
  #output = ''
  #urls = new Map<string, URL>()
  #settings: Record<string, unknown>

  private constructor (folder: string, settings: Record<string, unknown>) {
    this.folder = folder
    this.#settings = settings
  }

  static async start (t: Test, options: GatewayOptions = {}): Promise<TestGateway> {
    const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'clinch-test-'))
    const gateway = new TestGateway(folder, {
      apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 } },
      nginx_config: { worker_processes: options.workers ?? 1, worker_shutdown_timeout: '5s' },
      plugins: options.plugins ?? ['ocsp-stapling', 'request-id', 'proxy-rewrite', 'ip-restriction'],
      plugin_attr: { prometheus: { export_addr: { port: 0 } } },
      deployment: {},
      clinch: { data_dir: 'data', log_level: 'debug' },
      ...options.config
    })
    if (options.responders !== undefined) {
      const attrs = gateway.#settings['plugin_attr'] as Record<string, object>
      gateway.#settings['plugin_attr'] = { ...attrs, 'ocsp-stapling': { ...attrs['ocsp-stapling'], aia_allow: options.responders.map(url => new URL(url).host) } }
    }
    const deployment = gateway.#settings['deployment'] as Record<string, unknown>
    gateway.#settings['deployment'] = {
      ...deployment,
      admin: {
        admin_listen: { port: 0 },
        admin_key: [{ name: 'admin', key: gateway.key, role: 'admin' }, { name: 'viewer', key: gateway.viewerKey, role: 'viewer' }],
        ...deployment['admin'] as object | undefined
      }
    }
    t.teardown(async () => {
      await gateway.#end()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    })
    await gateway.#writeConfig()
    await gateway.run()
    return gateway
  }

  get configFile (): string { return join(this.folder, 'config.yaml') }

  get pid (): number { return this.#process?.pid ?? 0 }

  /** Everything that was printed so far. */
  get output (): string { return this.#output }

  get httpPort (): number { return this.#port('http') }

  get httpsPort (): number { return this.#port('https') }

  get adminUrl (): string { return this.#urls.get('admin')?.origin ?? '' }

  get controlUrl (): string { return this.#urls.get('control')?.origin ?? '' }

  get statusUrl (): string { return this.#urls.get('status')?.origin ?? '' }

  async run (): Promise<void> {
    const { NODE_OPTIONS: _taps, ...environment } = process.env // the gateway runs as it does for an operator
    const child = spawn(process.execPath, [cli, 'start', '--config', this.configFile], { cwd: this.folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    this.#output = ''
    const started = new Promise<void>((resolve, reject) => {
      const onText = (text: string) => {
        this.#output += text
        if (this.#output.includes(' is running\n') && /^ {2}store /m.test(this.#output)) resolve()
      }
      child.stdout.setEncoding('utf8').on('data', onText)
      child.stderr.setEncoding('utf8').on('data', onText)
      child.once('exit', code => reject(new Error(`the gateway ended with ${code}:\n${this.#output}`)))
    })
    await started
    this.#urls = new Map([...this.#output.matchAll(/^ {2}(https?|admin|control|status) +(\S+)$/gm)].map(([, name = '', url = '']) => [name, new URL(url)]))
  }

  /** SIGTERM; resolves with the exit status. */
  async stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    const [code] = await ended as [number | null]
    return code
  }

  /** The test is over: what it left open is not waited for. A second signal ends the gateway at once. */
  async #end (): Promise<void> {
    const hurry = setTimeout(() => this.#process?.kill('SIGTERM'), 200)
    await this.stop()
    clearTimeout(hurry)
  }

  async admin (method: string, path: string, body?: unknown, key = this.key): Promise<AdminAnswer> {
    const answer = await request(`${this.adminUrl}/apisix/admin/${path}`, {
      method: method as 'GET',
      headers: { 'x-api-key': key },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, text, body: parse(text) }
  }

  async control (path: string): Promise<AdminAnswer> {
    const answer = await request(`${this.controlUrl}${path}`)
    const text = await answer.body.text()
    return { status: answer.statusCode, text, body: parse(text) }
  }

  /** Changes the plugin list in config.yaml, as an operator would with an editor. */
  async writePlugins (plugins: readonly string[]): Promise<void> {
    await this.writeProperty('plugins', plugins)
  }

  /** Changes one property of config.yaml, `clinch.log_level`; undefined takes it out. */
  async writeProperty (property: string, value: unknown): Promise<void> {
    const document = parseDocument(await readFile(this.configFile, 'utf8'))
    if (value === undefined) document.deleteIn(property.split('.'))
    else document.setIn(property.split('.'), value)
    await writeFile(this.configFile, String(document))
  }

  /** Sends a signal to the primary. */
  signal (signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Resolves when a log line has the text; the newest part of the output is enough to see why it has not. */
  async logged (text: string | RegExp): Promise<void> {
    await until(() => typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output), () => `no log line with ${text}:\n${this.#output.slice(-3000)}`)
  }

  #port (name: string): number {
    return Number(this.#urls.get(name)?.port)
  }

  async #writeConfig (): Promise<void> {
    await writeFile(this.configFile, stringify(this.#settings))
  }
}

/** Looks again until it holds; gives up with the reason, after half a minute (of a machine that may be busy) unless told otherwise. */
export async function until (holds: () => boolean | Promise<boolean>, reason: () => string = () => 'it never came true', patienceMs = 30_000): Promise<void> {
  const giveUpMs = Date.now() + patienceMs
  while (!await holds()) {
    if (Date.now() > giveUpMs) throw new Error(reason())
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

function parse (text: string): AdminAnswer['body'] {
  try {
    return JSON.parse(text) as AdminAnswer['body']
  } catch {
    return {} as AdminAnswer['body']
  }
}
