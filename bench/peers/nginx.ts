import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../../t/support/gateway.ts'
import type { Scope } from '../scope.ts'
import { pin } from './cores.ts'

export interface NginxOptions {
  readonly core: number
  /** The inside of `http { }`. */
  readonly http: string
  /** Listened on by what `http` says; asked until it answers. */
  readonly port: number
  /** Written into the folder that `http` may name files of. */
  readonly files?: Readonly<Record<string, string | Buffer>>
}

export interface Nginx {
  readonly port: number
  readonly workerPid: number
}

/** nginx with one worker, without an access log. */
export async function startNginx (scope: Scope, { core, http, port, files = {} }: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-nginx-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'logs'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o644 })
  await writeFile(join(folder, 'nginx.conf'), configuration(http))
  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'logs/error.log'], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } })
  scope.teardown(async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  const master = child.pid
  if (master === undefined) throw new Error('nginx could not be started')
  await until(() => answers(port), () => `nginx does not listen; see ${folder}/logs/error.log`)
  const [workerPid] = await childrenOf(master)
  if (workerPid === undefined) throw new Error('nginx has no worker')
  await pin(master, core)
  await pin(workerPid, core)
  return { port, workerPid }
}

function configuration (http: string): string {
  return `
daemon off;
worker_processes 1;
pid logs/nginx.pid;
error_log logs/error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path logs/body;
  proxy_temp_path logs/proxy;
  fastcgi_temp_path logs/fastcgi;
  uwsgi_temp_path logs/uwsgi;
  scgi_temp_path logs/scgi;
${http}
}
`
}

async function childrenOf (pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(word => word !== '').map(Number)
}

async function answers (port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  return await new Promise(resolve => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).then(answered => {
    socket.destroy()
    return answered as boolean
  })
}
