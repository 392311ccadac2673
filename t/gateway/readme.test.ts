import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startEtcd } from '../support/etcd.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/gateway.ts'
import { missingFrom, readSteps } from '../support/readme.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

/** A copy of the project as git has it, with ports of its own in the place of those that the README names. */
class Copy {
  readonly folder: string
  readonly #ports: ReadonlyMap<string, number>
  readonly #running: ChildProcess[] = []
  #variables = ''

  private constructor (folder: string, ports: ReadonlyMap<string, number>) {
    this.folder = folder
    this.#ports = ports
  }

  static async make (t: Test): Promise<Copy> {
    const folder = t.testdir()
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'packages', 'conf', 'scripts', 'package.json', 'package-lock.json', 'README.md'], { cwd: root, maxBuffer: 16 * 1024 * 1024 })
    for (const file of stdout.trim().split('\n').filter(file => existsSync(join(root, file)))) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await cp(join(root, file), join(folder, file))
    }
    await mkdir(join(folder, 'node_modules', '@clinch'), { recursive: true })
    await linkModules(folder)
    const ports = new Map<string, number>()
    for (const name of ['9080', '9443', '9180', '9090', '9091', '11451', '1980']) ports.set(name, await freePort())
    const copy = new Copy(folder, ports)
    t.teardown(async () => await copy.close())
    const config = join(folder, 'conf', 'config.yaml')
    const text = copy.withPorts(await readFile(config, 'utf8'))
    await writeFile(config, text.replace(/^plugin_attr:\n/m, `$&  prometheus:\n    export_addr:\n      port: ${ports.get('9091')}\n`))
    return copy
  }

  withPorts (text: string): string {
    return text.replace(/\b(9080|9443|9180|9090|11451|1980)\b/g, name => String(this.#ports.get(name)))
  }

  /** A command that goes on, such as `npm start`; resolves when the expected lines were printed. */
  async start (command: string, expected: readonly string[]): Promise<void> {
    const child = spawn('bash', ['-c', `exec ${command}`], { cwd: this.folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
    await until(() => missingFrom(output, expected) === undefined, () => `${command} did not print ${missingFrom(output, expected)}:\n${output}`)
  }

  /** Commands as they are pasted into one shell, which keeps its variables from one block to the next. */
  async paste (commands: string): Promise<string> {
    const script = `${this.#variables}\n${this.withPorts(commands)}`
    const { stdout, stderr } = await run('bash', ['-c', script], { cwd: this.folder, env: environment() })
    this.#variables += [...commands.matchAll(/^\w+=.*$/gm)].map(([line]) => `${this.withPorts(line)}\n`).join('')
    return stdout + stderr
  }

  async close (): Promise<void> {
    for (const child of this.#running) {
      if (child.exitCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  }
}

function environment (): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _taps, ...rest } = process.env
  return rest
}

// What npm ci would install, without installing it again: the packages of the copy, and links to everything else.
async function linkModules (folder: string): Promise<void> {
  const modules = join(root, 'node_modules')
  for (const name of await readdir(modules)) {
    if (name === '@clinch') continue
    if (name === '.package-lock.json') await cp(join(modules, name), join(folder, 'node_modules', name))
    else await symlink(join(modules, name), join(folder, 'node_modules', name))
  }
  for (const name of await readdir(join(folder, 'packages'))) {
    await symlink(join(folder, 'packages', name), join(folder, 'node_modules', '@clinch', name))
    await symlink(join(root, 'packages', name, 'node_modules'), join(folder, 'packages', name, 'node_modules')).catch(() => {})
  }
}

const steps = readSteps(await readFile(join(root, 'README.md'), 'utf8'))

// Three commands take the copy's own ports as options; what goes on in a terminal of its own is started aside.
async function follow (t: Test, copy: Copy, storeLine: string): Promise<void> {
  const options = new Map([
    ['npm run demo:pki', copy.withPorts('-- --ocsp-port 11451')],
    ['npm run demo:responder', copy.withPorts('-- --port 11451 --upstream-port 1980')],
    ['npm start', '']
  ])
  for (const { heading, commands, expected } of steps) {
    const lines = expected.map(line => copy.withPorts(line.replace('embedded, data/clinch.db', storeLine)))
    const command = commands.trim()
    await t.test(`${heading}: ${command.split('\n')[0]}`, async t => {
      if (command === 'npm start' || command === 'npm run demo:responder') {
        await copy.start(`${command} ${options.get(command)}`, lines)
        return t.pass()
      }
      const output = await copy.paste(`${commands.trimEnd()} ${options.get(command) ?? ''}`)
      return t.equal(missingFrom(output, lines), undefined, output)
    })
  }
}

t.test('the commands of the README do what it says, pasted in their order', async t => {
  await follow(t, await Copy.make(t), 'embedded, data/clinch.db')
})

t.test('the same with etcd, and etcdctl shows the objects', async t => {
  const etcd = await startEtcd(t)
  const copy = await Copy.make(t)
  const config = join(copy.folder, 'conf', 'config.yaml')
  const text = await readFile(config, 'utf8')
  await writeFile(config, text.replace('config_provider: embedded', 'config_provider: etcd').replace('http://127.0.0.1:2379', etcd.url))
  await follow(t, copy, `etcd, ${etcd.url}`)
  const keys = (await etcd.ctl('get', '--prefix', '/apisix', '--keys-only')).split('\n')
  for (const key of ['/apisix/routes/1', '/apisix/routes/hello', '/apisix/ssls/1', '/apisix/plugins', '/apisix/routes/', '/apisix/ssls/']) {
    t.ok(keys.includes(key), key)
  }
})
