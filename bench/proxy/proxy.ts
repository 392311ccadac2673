import { freePort } from '../../t/support/free-port.ts'
import { createAuthority, type Issued } from '../../t/support/pki.ts'
import { describeProfile } from '../measuring/describe-profile.ts'
import { profileWorker } from '../measuring/profile.ts'
import { describeCpu, measureSideBySide, type SideFigures } from '../measuring/side-by-side.ts'
import { startBareNode } from '../peers/bare-node.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginx, type Nginx } from '../peers/nginx.ts'
import { startNginxUpstream } from '../peers/nginx-upstream.ts'
import { nginx, taskset, wrk } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'
import { requestWithWrk } from './wrk.ts'

export const proxy: Scenario = {
  name: 'proxy',
  measures: 'server CPU for one small GET over a kept HTTPS connection, passed on to an upstream',
  needs: [nginx, wrk, taskset],
  run
}

const serverName = 'localhost' // wrk names the host of its URL, and this one resolves everywhere
const answer = '{"service":"bench","answer":"a body of about one hundred octets, as a small JSON document has them"}'

async function run (options: RunOptions): Promise<Report> {
  const { scope, note } = options
  note('proxy: starting the servers')
  const leaf = createAuthority().issue({ sans: [serverName] })
  const upstream = await startNginxUpstream(scope, answer, 'application/json')
  const ours = await startOurs(scope, leaf, upstream)
  const theirs = await startTheirs(scope, leaf, upstream)
  const bare = await startBareNode(scope, new URL('bare-server.ts', import.meta.url), { cert: leaf.chainPem, key: leaf.keyPem, upstreamPort: upstream })
  const load = (port: number) => async (seconds: number) => await requestWithWrk(`https://${serverName}:${port}/bench/item`, seconds)
  const [clinch, peer, least] = await measureSideBySide([
    { name: 'clinch', pid: ours.workerPids[0] ?? 0, load: load(ours.gateway.httpsPort) },
    { name: 'nginx', pid: theirs.workerPid, load: load(theirs.port) },
    { name: 'bare Node', pid: bare.pid, load: load(bare.port) }
  ], options, 'keep-alive GET') as [SideFigures, SideFigures, SideFigures]
  const profile = options.profile ? describeProfile('keep-alive GET', await profileWorker(ours.gateway, ours.workerPids[0] ?? 0, async () => await load(ours.gateway.httpsPort)(options.seconds))) : []
  return {
    columns: ['request', 'clinch', 'nginx', 'ratio', 'bare Node', 'ratio'],
    rows: [
      ['GET over HTTPS, CPU in µs', describeCpu(clinch), describeCpu(peer), (clinch.cpuUs / peer.cpuUs).toFixed(2), describeCpu(least), (least.cpuUs / peer.cpuUs).toFixed(2)],
      ['requests a second', clinch.rate.toFixed(0), peer.rate.toFixed(0), (clinch.rate / peer.rate).toFixed(2), least.rate.toFixed(0), (least.rate / peer.rate).toFixed(2)]
    ],
    remarks: ['CPU of the one worker for a request: the median of the rounds (least to most). Ratios are to nginx.', `The answer has ${answer.length} octets; the upstream and the load share the other core.`, ...profile]
  }
}

async function startOurs (scope: Scope, leaf: Issued, upstreamPort: number): Promise<Clinch> {
  const clinch = await startClinch(scope, { core: serverCore })
  await clinch.put('ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, snis: [serverName] })
  await clinch.put('routes/1', { uri: '/bench/*', upstream: { type: 'roundrobin', nodes: { [`127.0.0.1:${upstreamPort}`]: 1 } } })
  return clinch
}

// What APISIX tells its nginx, as far as it costs something here.
async function startTheirs (scope: Scope, leaf: Issued, upstreamPort: number): Promise<Nginx> {
  const port = await freePort()
  return await startNginx(scope, {
    core: serverCore,
    port,
    files: { 'leaf.pem': leaf.chainPem, 'leaf.key': leaf.keyPem },
    http: `
  keepalive_requests 1000000;
  upstream node {
    server 127.0.0.1:${upstreamPort};
    keepalive 320;
    keepalive_requests 1000;
  }
  server {
    listen [::]:${port} ipv6only=off ssl http2;
    server_name ${serverName};
    ssl_certificate leaf.pem;
    ssl_certificate_key leaf.key;
    ssl_session_cache off;
    ssl_session_tickets off;
    location /bench/ {
      proxy_pass http://node;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Port $server_port;
    }
  }`
  })
}
