// node scripts/docs/configuration.ts: writes docs/operations/configuration.md from the schema of config.yaml.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { restartProperties } from '@clinch/gateway'
import { loadPlugins } from '@clinch/plugins'
import { ConfigSchema, defaultPlugins } from '@clinch/schema'
import type { TSchema } from '@sinclair/typebox'
import { pino } from 'pino'
import { rowsOf, type SchemaRow } from './schema-rows.ts'
import { insteadOf } from './unread-keys.ts'

const page = join(import.meta.dirname, '..', '..', 'docs', 'operations', 'configuration.md')
const builtInPlugins = [...defaultPlugins, 'ocsp-stapling']

const intro = `# config.yaml

<!-- Made by \`node scripts/docs/configuration.ts\` from the schema in packages/schema/src/config. Do not edit it here. -->

\`npm start\` reads \`conf/config.yaml\`, or \`conf/config-{P}.yaml\` with \`APISIX_PROFILE=P\` in the environment;
\`npm start -- --config FILE\` reads another file. \`npx clinch test --config FILE\` checks one and starts nothing.

- The file is laid over the defaults below. Mappings merge member by member, a list replaces the whole default list, and
  a key without a value means the default. \`~\` is a value of its own only where the table says so.
- A key that is not in the tables stops the start with file, line and name. \`nginx_config\`, \`nginx_config.http\`,
  \`graphql\`, \`ext-plugin\`, \`wasm\`, \`xrpc\` and \`discovery\` take any further member, without effect, so that a file of
  APISIX can be used.
- \`\${{NAME}}\` and \`\${{NAME:=default}}\` in keys and values stand for environment variables. Without the variable and
  without a default the start stops. Text that then reads as a number or a boolean becomes one.
- \`APISIX_DEPLOYMENT_ETCD_HOST\` (a JSON array) replaces \`deployment.etcd.host\`, \`APISIX_WORKER_PROCESSES\` replaces
  \`nginx_config.worker_processes\`. \`APISIX_STAND_ALONE=true\` refuses every \`config_provider\` but \`yaml\` and \`json\`
  ([file-provider.md](file-provider.md)).
- Relative paths begin at the folder of the file, or at the one above when that is called \`conf\`.
- Durations are nginx's: \`60s\`, \`10m\`, \`1h\`, \`1d\`, \`500ms\`, or a number of seconds.

## When a change takes effect

\`npx clinch reload\`, or SIGHUP to the process, puts the file in force without losing a connection ([running.md](running.md)).
That goes for all of it, listeners included, but for what follows: a reload names what changed there, and a restart takes it up.

${restartProperties.map(property => `- \`${property}\`${property === 'plugin_attr.ocsp-stapling.max_in_flight' ? ' (of staples)' : ''}`).join('\n')}

\`PUT /apisix/admin/plugins/reload\` and \`PUT /v1/plugins/reload\` of the control API read the file too, and replace no worker.
They apply \`plugins\`, \`plugin_attr\` and, for the Admin API, \`admin_key\`, \`admin_key_required\`, \`allow_admin\`,
\`enable_admin_cors\`, \`enable_server_tokens\`, \`real_ip_header\`, \`real_ip_from\` and \`wrong_admin_keys_per_minute\`.

A file that is wrong is refused with file, line and property, and everything stays as it was.`

/** The whole page. */
export async function renderConfiguration (): Promise<string> {
  const rows = rowsOf(ConfigSchema, '')
  const read = rows.filter(({ key }) => insteadOf(key) === undefined)
  const unread = rows.filter(({ key }) => insteadOf(key) !== undefined)
  const sections = [...Map.groupBy(read, ({ key }) => sectionOf(key))]
    .map(([section, members]) => `## \`${section}\`\n\n${tableOf(members)}`)
  return [intro, ...sections, ...await attrSections(), unreadSection(unread)].join('\n\n') + '\n'
}

// `deployment` is long: its mappings are sections of their own
function sectionOf (key: string): string {
  const [top = '', second = '', third] = key.split('.')
  return third !== undefined && ['apisix.ssl', 'deployment.admin', 'deployment.etcd'].includes(`${top}.${second}`) ? `${top}.${second}` : top
}

function tableOf (rows: readonly SchemaRow[]): string {
  const lines = rows.map(({ key, type, fallback, description }) => `| ${[`\`${key}\``, type, fallback, description].join(' | ')} |`)
  return ['| Key | Type | Default | |', '|---|---|---|---|', ...lines].join('\n')
}

async function attrSections (): Promise<string[]> {
  const catalog = await loadPlugins(builtInPlugins, { baseDir: import.meta.dirname, attrs: {}, log: pino({ level: 'silent' }) })
  return catalog.list.flatMap(({ plugin: { name, attrSchema } }) => attrSchema === undefined
    ? []
    : [`## \`plugin_attr.${name}\`\n\nMembers of \`plugin_attr.${name}\`. ${name === 'ocsp-stapling' ? checkedWithTheFile : checkedWithThePlugin}\n\n${tableOf(rowsOf(attrSchema as TSchema, ''))}`])
}

const checkedWithThePlugin = 'They are checked when the plugin is loaded; one that is unknown or wrong keeps it from\nbeing loaded.'
const checkedWithTheFile = 'One that is unknown or wrong stops the start, or the reload, with its line, whether or\nnot the plugin is listed. Times are seconds.'

function unreadSection (rows: readonly SchemaRow[]): string {
  const lines = rows.map(({ key, type, fallback, description }) => `| ${[`\`${key}\``, type, fallback, withInstead(key, description)].join(' | ')} |`)
  return [
    '## Accepted, no effect yet',
    '',
    'A file of APISIX that has these keys starts. They are checked, and nothing acts on them.',
    '',
    '| Key | Type | Default | |', '|---|---|---|---|', ...lines
  ].join('\n')
}

function withInstead (key: string, description: string): string {
  return [description, insteadOf(key) ?? ''].filter(text => text !== '').join('; ')
}

if (import.meta.main) await writeFile(page, await renderConfiguration())
