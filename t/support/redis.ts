import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { until } from './gateway.ts'

/** Why tests with redis cannot run here, for tap's `skip`; false where they can. */
export const withoutRedis: string | false = spawnSync('redis-server', ['--version']).error === undefined
  ? false
  : 'there is no redis-server on PATH (Debian: apt-get install redis-server)'

export interface TestRedis {
  readonly port: number
  /** What redis-cli prints. */
  cli (...args: readonly string[]): Promise<string>
  /** It runs, and answers nothing. */
  hang (): void
  stop (): Promise<void>
  /** On the same port, empty. */
  restart (): Promise<void>
}

export interface RedisOptions {
  /** Lines of redis.conf. */
  readonly config?: readonly string[]
  /** What redis-cli needs to be let in. */
  readonly login?: readonly string[]
  readonly kind?: 'redis' | 'sentinel'
  readonly port?: number
}

/** A redis-server of the test's own, in memory. */
export async function startRedis (t: Test, { config = [], login = [], kind = 'redis', port: wanted }: RedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-redis-'))
  const port = wanted ?? await freePort()
  const file = join(folder, 'redis.conf')
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...(kind === 'redis' ? ['save ""', 'appendonly no'] : []), ...config].join('\n'))
  const cli = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...login, ...args])
    return stdout.trim()
  }
  let child: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const restart = async (): Promise<void> => {
    await stop()
    child = spawn('redis-server', [file, ...(kind === 'sentinel' ? ['--sentinel'] : [])], { stdio: 'ignore' })
    await until(async () => (await cli('ping').catch(() => '')) === 'PONG', () => `redis-server does not answer on port ${port}`)
  }
  t.teardown(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })
  await restart()
  return { port, cli, hang: () => { child?.kill('SIGSTOP') }, stop, restart }
}

/** A cluster of as many nodes, the slots shared out among them. */
export async function startRedisCluster (t: Test, size: number): Promise<readonly TestRedis[]> {
  const nodes: TestRedis[] = []
  for (let at = 0; at < size; at++) {
    const config = ['cluster-enabled yes', 'cluster-config-file nodes.conf', `cluster-port ${await freePort()}`]
    nodes.push(await startRedis(t, { config }))
  }
  const [first] = nodes
  if (first === undefined) throw new Error('a cluster has a node at least')
  await first.cli('--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-replicas', '0', '--cluster-yes')
  await until(async () => (await Promise.all(nodes.map(async node => await node.cli('cluster', 'info')))).every(info => info.includes('cluster_state:ok')), () => 'the cluster does not come together', 20_000)
  return nodes
}
