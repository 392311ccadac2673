import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NodeProcess } from '../../scripts/cluster/node-process.ts'
import { OrphanGuard } from '../../scripts/cluster/orphan-guard.ts'

export interface Teardown {
  teardown (close: () => unknown): unknown
}

export interface EtcdServerTls {
  readonly certPem: string
  readonly keyPem: string
  /** Given: clients must show a certificate of this authority. */
  readonly clientCaPem?: string
}

export interface Etcd {
  readonly url: string
  readonly port: number
  /** Asks it to end, and waits for that. */
  stop (): Promise<void>
  /** kill -9. */
  kill (): Promise<void>
  /** Starts it again on the same port with the same data; ends it first if it runs. */
  restart (): Promise<void>
  /** A backup of what it holds now. */
  snapshot (): Promise<EtcdSnapshot>
  /** Starts it again on the same port with what the backup holds. */
  restore (snapshot: EtcdSnapshot): Promise<void>
  /** Forgets the history before `revision`, by default before the newest. */
  compact (revision?: number): Promise<void>
  revision (): Promise<number>
  /** What it believes; `silent` when it does not answer. */
  leadership (): Promise<'leads' | 'follows' | 'leaderless' | 'silent'>
  /** Runs etcdctl against it. */
  ctl (...args: readonly string[]): Promise<string>
  /** Makes it hang, as it is by then. */
  hang (): Promise<void>
  wake (): void
}

export interface EtcdSnapshot {
  readonly path: string
}

const run = promisify(execFile)
const isReady = /ready to serve client requests/

/** A real etcd of one member, on free ports and in a folder that goes away with the test. */
export async function startEtcd (t: Teardown, options: { readonly tls?: EtcdServerTls } = {}): Promise<Etcd> {
  const [port = 0, peerPort = 0] = await freePorts(2)
  return await startMember(t, { name: 'test', port, peers: new Map([['test', peerPort]]), heartbeatMs: 20, ...options })
}

export interface EtcdCluster {
  readonly members: readonly Etcd[]
  readonly urls: readonly string[]
  /** Who leads now; waits while nobody does. */
  leader (): Promise<Etcd>
  followers (): Promise<readonly Etcd[]>
  /** Waits until those that are left know that nobody leads. */
  leaderless (): Promise<void>
}

/** A real etcd of three members, which elect a leader within one to two seconds. */
export async function startEtcdCluster (t: Teardown): Promise<EtcdCluster> {
  const ports = await freePorts(6)
  const peers = new Map([0, 1, 2].map(index => [`member-${index}`, ports[index + 3] ?? 0]))
  const members = await Promise.all([...peers.keys()].map(async (name, index) => await startMember(t, { name, port: ports[index] ?? 0, peers, heartbeatMs: 50 })))
  const leaderships = async () => await Promise.all(members.map(async member => await member.leadership()))
  const leader = async (): Promise<Etcd> => {
    for (;;) {
      const found = members[(await leaderships()).indexOf('leads')]
      if (found !== undefined) return found
    }
  }
  return {
    members,
    urls: members.map(({ url }) => url),
    leader,
    async followers () {
      const leading = await leader()
      return members.filter(member => member !== leading)
    },
    async leaderless () {
      while (!(await leaderships()).every(one => one === 'leaderless' || one === 'silent'));
    }
  }
}

interface MemberOptions {
  readonly name: string
  readonly port: number
  /** Every member of the cluster, this one included: name to port. */
  readonly peers: ReadonlyMap<string, number>
  readonly heartbeatMs: number
  readonly tls?: EtcdServerTls
}

async function startMember (t: Teardown, { name, port, peers, heartbeatMs, tls }: MemberOptions): Promise<Etcd> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-etcd-'))
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const peerUrlOf = (peer: string): string => `http://127.0.0.1:${peers.get(peer)}`
  const peerUrl = peerUrlOf(name)
  const argsFor = (data: string): string[] => [
    '--name', name, '--data-dir', data,
    '--listen-client-urls', url, '--advertise-client-urls', url,
    '--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl,
    '--initial-cluster', [...peers.keys()].map(peer => `${peer}=${peerUrlOf(peer)}`).join(),
    '--heartbeat-interval', String(heartbeatMs), '--election-timeout', String(heartbeatMs * 10),
    ...tls === undefined ? [] : ['--cert-file', join(folder, 'cert.pem'), '--key-file', join(folder, 'key.pem')],
    ...tls?.clientCaPem === undefined ? [] : ['--client-cert-auth', '--trusted-ca-file', join(folder, 'ca.pem')]
  ]
  for (const [file, pem] of [['cert.pem', tls?.certPem], ['key.pem', tls?.keyPem], ['ca.pem', tls?.clientCaPem]] as const) {
    if (pem !== undefined) await writeFile(join(folder, file), pem, { mode: 0o600 })
  }
  const guard = new OrphanGuard()
  let launches = 0
  const launch = async (): Promise<NodeProcess> => {
    const logFile = join(folder, `log-${++launches}`)
    const member = new NodeProcess({ name, command: 'etcd', args: argsFor(dataFolder), folder, logFile, guard, isReady: async () => isReady.test(await readFile(logFile, 'utf8')) })
    await member.start().catch((err: Error) => {
      throw err.message.includes('ENOENT') ? new Error('these tests need etcd and etcdctl on PATH (Debian: apt-get install etcd-server etcd-client)') : err
    })
    return member
  }
  let dataFolder = join(folder, 'data')
  let member = await launch()
  t.teardown(async () => {
    await member.kill()
    guard.close()
    await rm(folder, { recursive: true, force: true })
  })
  const ctlTls = tls === undefined ? [] : ['--insecure-skip-tls-verify', `--cert=${join(folder, 'cert.pem')}`, `--key=${join(folder, 'key.pem')}`]
  const ctl = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('etcdctl', [`--endpoints=${url}`, ...ctlTls, ...args], { env: { ...process.env, ETCDCTL_API: '3' } })
    return stdout
  }
  const revision = async (): Promise<number> => Number(JSON.parse(await ctl('get', '--write-out=json', 'any'))['header']['revision'])
  const restart = async (): Promise<void> => {
    await member.stop()
    member = await launch()
  }
  let backups = 0
  return {
    url,
    port,
    hang: async () => await member.pause(),
    wake () { member.resume() },
    async stop () { await member.stop() },
    kill: async () => await member.kill(),
    restart,
    snapshot: async () => {
      const path = join(folder, `snapshot-${++backups}`)
      await ctl('snapshot', 'save', path)
      return { path }
    },
    restore: async ({ path }) => {
      await member.stop()
      dataFolder = join(folder, `restored-${++backups}`)
      await ctl('snapshot', 'restore', path, '--data-dir', dataFolder,
        '--name', name, '--initial-cluster', `${name}=${peerUrl}`, '--initial-advertise-peer-urls', peerUrl)
      await restart()
    },
    compact: async before => { await ctl('compact', '--physical', String(before ?? await revision())) },
    revision,
    async leadership () {
      const [status] = JSON.parse(await ctl('endpoint', 'status', '--write-out=json', '--dial-timeout=500ms', '--command-timeout=500ms').catch(() => '[]')) as Array<{ Status: { header: { member_id: number }, leader?: number } }>
      if (status === undefined) return 'silent'
      const { leader = 0, header } = status.Status
      return leader === 0 ? 'leaderless' : leader === header.member_id ? 'leads' : 'follows'
    },
    ctl
  }
}

/** All are held until all are known, so that they differ. */
async function freePorts (count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map(async server => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port // a TCP server's address is an object
  }))
  await Promise.all(servers.map(async server => { server.close(); await once(server, 'close') }))
  return ports
}
