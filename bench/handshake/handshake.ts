import { freePort } from '../../t/support/free-port.ts'
import { describeProfile } from '../measuring/describe-profile.ts'
import { profileWorker } from '../measuring/profile.ts'
import { describeCpu, measureSideBySide, type SideFigures } from '../measuring/side-by-side.ts'
import { startBareNode, type BareNode } from '../peers/bare-node.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginx, type Nginx } from '../peers/nginx.ts'
import { gcc, nginx, openssl, opensslHeaders, taskset } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'
import { buildTlsClient, type Handshakes } from './tls-client.ts'
import { makeWorld, type StapledCertificate, type World } from './world.ts'

export const handshake: Scenario = {
  name: 'handshake',
  measures: 'server CPU for one full TLS handshake with a staple',
  needs: [nginx, gcc, opensslHeaders, openssl, taskset],
  run
}

type Kind = Omit<Handshakes, 'port' | 'serverName'> & { readonly title: string, readonly key: keyof World }

const kinds: readonly Kind[] = [
  { title: 'ECDSA P-256, TLS 1.3', key: 'ecdsa', version: '1.3', cipher: 'TLS_AES_128_GCM_SHA256', alpn: 'http/1.1' },
  { title: 'ECDSA P-256, TLS 1.2', key: 'ecdsa', version: '1.2', cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256', alpn: 'http/1.1' },
  { title: 'RSA-2048, TLS 1.3', key: 'rsa', version: '1.3', cipher: 'TLS_AES_128_GCM_SHA256', alpn: 'http/1.1' },
  { title: 'RSA-2048, TLS 1.2', key: 'rsa', version: '1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256', alpn: 'http/1.1' },
  { title: 'ECDSA P-256, TLS 1.3, h2', key: 'ecdsa', version: '1.3', cipher: 'TLS_AES_128_GCM_SHA256', alpn: 'h2' }
]

const [profiled] = kinds as readonly [Kind]

async function run (options: RunOptions): Promise<Report> {
  const { scope, note } = options
  note('handshake: starting the servers')
  const world = await makeWorld(scope)
  const shake = await buildTlsClient(scope)
  const ours = await startOurs(scope, world)
  const theirs = await startTheirs(scope, world)
  const bare: Record<keyof World, BareNode> = { ecdsa: await startBare(scope, world.ecdsa), rsa: await startBare(scope, world.rsa) }
  const rows: string[][] = []
  for (const kind of kinds) {
    const { serverName } = world[kind.key]
    const load = (port: number) => async (seconds: number) => await shake({ ...kind, serverName, port }, seconds)
    const [clinch, peer, least] = await measureSideBySide([
      { name: 'clinch', pid: ours.workerPids[0] ?? 0, load: load(ours.gateway.httpsPort) },
      { name: 'nginx', pid: theirs.workerPid, load: load(theirs.port) },
      { name: 'bare Node', pid: bare[kind.key].pid, load: load(bare[kind.key].port) }
    ], options, kind.title) as [SideFigures, SideFigures, SideFigures]
    rows.push([kind.title, ...[clinch, peer].map(describeCpu), (clinch.cpuUs / peer.cpuUs).toFixed(2), describeCpu(least), (least.cpuUs / peer.cpuUs).toFixed(2)])
  }
  const profile = options.profile ? await profileOurs(ours, async () => await shake({ ...profiled, serverName: world[profiled.key].serverName, port: ours.gateway.httpsPort }, options.seconds)) : []
  return {
    columns: ['handshake', 'clinch', 'nginx', 'ratio', 'bare Node', 'ratio'],
    rows,
    remarks: ['CPU of the one worker in µs for a handshake: the median of the rounds (least to most). Ratios are to nginx.', 'Every handshake counted was full and came with a staple.', ...profile]
  }
}

async function profileOurs ({ gateway, workerPids: [pid = 0] }: Clinch, load: () => Promise<unknown>): Promise<string[]> {
  return describeProfile(profiled.title, await profileWorker(gateway, pid, load))
}

async function startOurs (scope: Scope, world: World): Promise<Clinch> {
  const clinch = await startClinch(scope, { core: serverCore })
  for (const [id, { serverName, chainPem, keyPem }] of Object.entries(world) as Array<[string, StapledCertificate]>) {
    await clinch.put(`ssls/${id}`, { cert: chainPem, key: keyPem, snis: [serverName], ocsp_stapling: { enabled: true } })
  }
  return clinch
}

async function startBare (scope: Scope, { chainPem, keyPem, stapleDer }: StapledCertificate): Promise<BareNode> {
  return await startBareNode(scope, new URL('bare-server.ts', import.meta.url), { cert: chainPem, key: keyPem, staple: stapleDer.toString('base64') })
}

async function startTheirs (scope: Scope, world: World): Promise<Nginx> {
  const port = await freePort()
  const certificates = Object.entries(world) as Array<[string, StapledCertificate]>
  return await startNginx(scope, {
    core: serverCore,
    port,
    files: Object.fromEntries(certificates.flatMap(([id, { chainPem, keyPem, stapleDer }]) => [[`${id}.pem`, chainPem], [`${id}.key`, keyPem], [`${id}.der`, stapleDer]])),
    http: certificates.map(([id, { serverName }]) => `
  server {
    listen 127.0.0.1:${port} ssl http2;
    server_name ${serverName};
    ssl_certificate ${id}.pem;
    ssl_certificate_key ${id}.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    ssl_session_cache off;
    ssl_session_tickets off;
    ssl_stapling on;
    ssl_stapling_file ${id}.der;
    location / { return 204; }
  }`).join('\n')
  })
}
