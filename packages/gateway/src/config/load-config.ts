import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { isAddressRange } from '@clinch/plugins'
import { ConfigSchema, compileValidator, type Config } from '@clinch/schema'
import { LineCounter, isNode, parseDocument, type Document } from 'yaml'
import { ConfigError } from './config-error.ts'
import { findCredentials, withoutCredentials } from './credentials.ts'
import { substituteEnvironment } from './environment.ts'
import { readOcspAttr } from './ocsp-attr.ts'
import { findPortConflict } from './port-conflicts.ts'
import { isDocument, providerOf } from './provider.ts'
import { findTlsMistake } from './tls-mistake.ts'
import { findUnknownAlias } from './unknown-alias.ts'
import type { OcspSettings } from '../ocsp/settings.ts'

export interface LoadedConfig {
  readonly config: Config
  readonly file: string
  /** What relative paths in the file are relative to: its folder, or the one above when that is called `conf`. */
  readonly baseDir: string
  readonly dataDir: string
  /** `plugin_attr.ocsp-stapling`, with the files that it names read. */
  readonly ocsp: OcspSettings
}

/**
 * Reads config.yaml over the built-in defaults. Rejects with a `ConfigError` that names file, line and property:
 * nothing half-read is ever used.
 */
export async function loadConfig (file: string, environment: NodeJS.ProcessEnv): Promise<LoadedConfig> {
  const path = resolve(file)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(`failed to read local yaml config of clinch: ${path}: ${cause.code === 'ENOENT' ? 'no such file' : cause.message}`, { cause })
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [mistake] = document.errors
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0])
    throw new ConfigError(`${path}:${line}:${col}: failed to read local yaml config of clinch: ${mistake.message}`)
  }

  const aliasAt = findUnknownAlias(document)
  if (aliasAt !== undefined) throw new ConfigError(`${path}:${lines.linePos(aliasAt).line}: a value that begins with * and is no reference must be quoted`)
  const substituted = substituteEnvironment(document.toJS() ?? {}, environment)
  const validation = validate(withReservedVariables(withoutNulls(substituted, []), environment))
  if (validation.kind === 'invalid') {
    const { path: property, message } = validation.issue
    throw new ConfigError(`${path}:${lineOf(document, lines, property)}: ${nameOf(property)}: failed to validate config: ${withoutCredentials(message)}`)
  }
  const config = withPlainDocument(validation.value)
  const problem = contradictionIn(config) ?? standAloneProblem(config, environment)
  if (problem !== undefined) throw new ConfigError(`${path}:${lineOf(document, lines, problem.property)}: ${nameOf(problem.property)}: ${problem.message}`)
  const folder = dirname(path)
  const baseDir = basename(folder) === 'conf' ? dirname(folder) : folder
  const ocsp = await readOcspAttr(config, baseDir)
  if (ocsp.kind === 'invalid') throw new ConfigError(`${path}:${lineOf(document, lines, ocsp.property)}: ${nameOf(ocsp.property)}: ${ocsp.message}`)
  return { config, file: path, baseDir, dataDir: resolve(baseDir, config.clinch.data_dir), ocsp: ocsp.settings }
}

const validate = compileValidator(ConfigSchema, { fillDefaults: true })

// `key:` without a value means "as if it were not there", except where nothing is a value of its own.
const nullable = new Set(['deployment.admin.admin_key', 'deployment.admin.allow_admin', 'apisix.data_encryption.keyring', 'plugins', 'stream_plugins'])

function withoutNulls (value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutNulls(item, [...path, String(index)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value)
    .filter(([key, member]) => member !== null || nullable.has([...path, key].join('.')))
    .map(([key, member]) => [key, withoutNulls(member, [...path, key])]))
}

function withReservedVariables (value: unknown, environment: NodeJS.ProcessEnv): unknown {
  const hosts = environment['APISIX_DEPLOYMENT_ETCD_HOST']
  const workers = environment['APISIX_WORKER_PROCESSES']
  let changed = value
  if (hosts !== undefined) changed = withMember(changed, ['deployment', 'etcd', 'host'], parseHosts(hosts))
  if (workers !== undefined) changed = withMember(changed, ['nginx_config', 'worker_processes'], workers === 'auto' ? workers : Number(workers))
  return changed
}

function parseHosts (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ConfigError('the environment variable APISIX_DEPLOYMENT_ETCD_HOST is not a JSON array of URLs', { cause })
  }
}

function withMember (value: unknown, [first, ...rest]: readonly string[], member: unknown): unknown {
  if (first === undefined) return member
  const object = typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  return { ...object, [first]: withMember(object[first], rest, member) }
}

// Whoever writes a document writes plain text into it: what there is to encrypt is in stores.
function withPlainDocument (config: Config): Config {
  if (!isDocument(providerOf(config))) return config
  const encryption = { ...config.apisix.data_encryption, enable_encrypt_fields: false }
  return { ...config, apisix: { ...config.apisix, data_encryption: encryption } }
}

interface Contradiction { readonly property: readonly string[], readonly message: string }

// What the schema cannot say, because it is about two values.
function contradictionIn (config: Config): Contradiction | undefined {
  const { apisix, deployment } = config
  const entries = [apisix.data_encryption.keyring ?? []].flat()
  if (entries.some(entry => ![16, 32].includes(Buffer.byteLength(entry)))) {
    return { property: ['apisix', 'data_encryption', 'keyring'], message: 'each entry must have exactly 16 or 32 bytes' }
  }
  const mistake = findPortConflict(config) ?? wrongAddressIn(config) ?? findTlsMistake(config) ?? findCredentials(config)
  if (mistake !== undefined) return mistake
  const { admin } = deployment
  if (deployment.role !== 'data_plane' && admin.admin_key_required && (admin.admin_key ?? []).length === 0 && admin.allow_admin?.join() !== '127.0.0.0/24') {
    return { property: ['deployment', 'admin', 'admin_key'], message: 'ERROR: missing valid Admin API token.' }
  }
  if (admin.https_admin && [admin.admin_api_mtls?.admin_ssl_cert, admin.admin_api_mtls?.admin_ssl_cert_key].some(path => (path ?? '') === '')) {
    return { property: ['deployment', 'admin', 'https_admin'], message: 'missing ssl cert for https admin' }
  }
  return undefined
}

function wrongAddressIn ({ apisix, clinch, nginx_config: nginx }: Config): Contradiction | undefined {
  const lists: ReadonlyArray<readonly [property: readonly string[], entries: readonly string[]]> = [
    [['apisix', 'trusted_addresses'], apisix.trusted_addresses ?? []],
    [['clinch', 'proxy_protocol_from'], clinch.proxy_protocol_from ?? []],
    [['nginx_config', 'http', 'real_ip_from'], nginx.http.real_ip_from.filter(entry => entry !== 'unix:')]
  ]
  for (const [property, entries] of lists) {
    const wrong = entries.find(entry => !isAddressRange(entry))
    if (wrong !== undefined) return { property, message: `neither an address nor a CIDR block: ${wrong}` }
  }
  return undefined
}

function standAloneProblem (config: Config, { APISIX_STAND_ALONE: standAlone }: NodeJS.ProcessEnv): Contradiction | undefined {
  const { role } = config.deployment
  if (standAlone !== 'true' || isDocument(providerOf(config))) return undefined
  return { property: ['deployment', `role_${role}`, 'config_provider'], message: 'APISIX_STAND_ALONE is true: the config_provider must be yaml or json' }
}

// The line of the property, or of the nearest thing around it that is in the file.
function lineOf (document: Document, lines: LineCounter, property: readonly string[]): number {
  for (let depth = property.length; depth > 0; depth--) {
    const path = property.slice(0, depth)
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
    const items = typeof parent === 'object' && parent !== null && 'items' in parent ? parent.items as Array<{ key?: unknown }> : []
    const pair = items.find(item => isNode(item.key) && String(item.key) === path.at(-1))
    const node = pair?.key ?? document.getIn(path, true)
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line
  }
  return 1
}

function nameOf (property: readonly string[]): string {
  return property.map((name, at) => /^\d+$/.test(name) ? `[${name}]` : at === 0 ? name : `.${name}`).join('') || 'config.yaml'
}
