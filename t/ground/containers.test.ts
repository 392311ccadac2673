import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { compileValidator, ConfigSchema } from '@clinch/schema'
import { repository } from './run-script.ts'

interface Service {
  readonly build?: string
  readonly image?: string
  readonly environment?: Record<string, string>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly command?: readonly string[]
}
interface Compose {
  readonly services: Record<string, Service>
  readonly networks: Record<string, { ipam: { config: Array<{ subnet: string }> } }>
  readonly volumes: Record<string, unknown>
}

const read = async (file: string): Promise<string> => await readFile(join(repository, file), 'utf8')
const composeText = await read('docker-compose.yml')
const compose = parse(composeText) as Compose // the tests below are what checks it
const configText = await read('conf/config-compose.yaml')
const keyVariable = '$' + '{{CLINCH_ADMIN_KEY}}'
const parseConfig = (key: string): unknown => parse(configText.replaceAll(keyVariable, key))

t.test('the services name only networks and volumes that the compose file has', async t => {
  t.same(Object.keys(compose.services), ['clinch', 'etcd', 'upstream'])
  for (const [name, service] of Object.entries(compose.services)) {
    t.ok(service.build ?? service.image, `${name} has an image`)
    for (const network of service.networks ?? []) t.ok(network in compose.networks, `${name}: network ${network}`)
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('./')) await t.resolves(stat(join(repository, source)), `${name}: ${source} exists`)
      else t.ok(source in compose.volumes, `${name}: volume ${source}`)
    }
  }
})

t.test('the admin key comes from the environment, and without one nothing starts', async t => {
  t.match(compose.services['clinch']?.environment?.['CLINCH_ADMIN_KEY'], /^\$\{CLINCH_ADMIN_KEY:\?.+\}$/)
  t.match(configText, ` key: ${keyVariable} `)
  t.notMatch(composeText + configText, /edd1c9f034335f136f87ad84b625c8f1|4054f7cf07e344346cd3f287985e76a2/, 'the keys that APISIX once came with')
})

t.test('the Admin API is published on the loopback address alone', async t => {
  t.same(compose.services['clinch']?.ports?.filter(port => port.endsWith(':9180')), ['127.0.0.1:9180:9180'])
})

t.test('the configuration is one that the gateway accepts', async t => {
  const validation = compileValidator(ConfigSchema, { fillDefaults: true })(parseConfig('0123456789abcdef'))
  if (validation.kind === 'invalid') {
    t.fail(JSON.stringify(validation.issue))
    return
  }
  const { apisix, deployment } = validation.value
  t.equal(deployment.role_traditional.config_provider, 'etcd')
  t.same(deployment.etcd.host, ['http://etcd:2379'])
  t.equal(apisix.node_listen, 9080)
  t.equal(apisix.ssl.listen[0]?.port, 9443)
  t.equal(deployment.admin.admin_listen.port, 9180)
  t.ok(deployment.admin.allow_admin?.includes(compose.networks['clinch']?.ipam.config[0]?.subnet ?? ''), 'the network of the compose file may use the Admin API')
})

t.test('the image runs the gateway itself, and not as root', async t => {
  const lines = (await read('Dockerfile')).split('\n')
  t.ok(lines.includes('USER node'))
  const command = JSON.parse(lines.find(line => line.startsWith('CMD '))?.slice(4) ?? '[]') as string[] // exec form is a JSON array
  t.equal(command[0], 'node', 'no shell stands between SIGTERM and the gateway')
  t.equal(command[1], 'packages/gateway/src/cli.ts')
})
