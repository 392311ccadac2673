import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { OcspAttrSchema, type OcspAttr } from '@clinch/plugins'
import { compileValidator, type Config } from '@clinch/schema'
import { settingsOf, type OcspSettings } from '../ocsp/settings.ts'

export type OcspAttrReading =
  | { readonly kind: 'valid', readonly settings: OcspSettings }
  | { readonly kind: 'invalid', readonly property: readonly string[], readonly message: string }

const validate = compileValidator(OcspAttrSchema, { fillDefaults: true })

/**
 * Reads `plugin_attr.ocsp-stapling` while the file is at hand, so that a mistake in it is named with its line and stops
 * the start: a gateway that left the plugin out instead would serve clients that nobody checked.
 */
export async function readOcspAttr ({ plugin_attr: attrs }: Config, baseDir: string): Promise<OcspAttrReading> {
  const read = validate(attrs['ocsp-stapling'] ?? {})
  if (read.kind === 'invalid') return invalid(read.issue.path, `failed to validate config: ${read.issue.message}`)
  const attr = read.value
  const server = attr.resolver.findIndex(text => !isServer(text))
  if (server >= 0) return invalid(['resolver', String(server)], `${attr.resolver[server]} is no address of a DNS server, such as 10.0.0.53, 10.0.0.53:5353 or [fd00::53]:53`)
  if (attr.egress_proxy !== '' && !URL.canParse(attr.egress_proxy)) return invalid(['egress_proxy'], 'the URL of the proxy cannot be read') // it may hold a password
  const ca = await readCa(attr, baseDir)
  if (ca.kind === 'invalid') return invalid(['responder_ca'], ca.message)
  const settings = settingsOf(attr)
  return { kind: 'valid', settings: { ...settings, client: { ...settings.client, ca: ca.pem }, cacheDir: attr.cache_dir === '' ? undefined : resolve(baseDir, attr.cache_dir) } }
}

function invalid (path: readonly string[], message: string): OcspAttrReading {
  return { kind: 'invalid', property: ['plugin_attr', 'ocsp-stapling', ...path], message }
}

function isServer (text: string): boolean {
  if (isIP(text) !== 0) return true
  const [, v6, v4, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const isAddress = v6 === undefined ? isIP(v4 ?? '') === 4 : isIP(v6) === 6
  return isAddress && Number(port) > 0 && Number(port) <= 65_535
}

type Ca = { readonly kind: 'read', readonly pem: readonly string[] | undefined } | { readonly kind: 'invalid', readonly message: string }

async function readCa ({ responder_ca: name }: OcspAttr, baseDir: string): Promise<Ca> {
  if (name === 'system') return { kind: 'read', pem: undefined }
  const file = resolve(baseDir, name)
  try {
    const pem = (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    for (const certificate of pem) new X509Certificate(certificate) // eslint-disable-line no-new -- throws on what is none
    return pem.length > 0 ? { kind: 'read', pem } : { kind: 'invalid', message: `${file} holds no certificate` }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { kind: 'invalid', message: code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read as PEM certificates: ${String(code)}` }
  }
}
