import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AdminTls } from '@clinch/admin-api'
import { sslProtocols } from '@clinch/schema'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { durationMs } from '../config/units.ts'

type FileName = 'admin_ssl_cert' | 'admin_ssl_cert_key' | 'admin_ssl_ca_cert'

/**
 * What `https_admin` and `admin_api_mtls` say, with the files read; versions, ciphers, groups and tickets are those
 * of `apisix.ssl`. Undefined for plain HTTP.
 *
 * @throws ConfigError naming the property whose file cannot be read or used
 */
export async function readAdminTls ({ config, baseDir, file }: LoadedConfig): Promise<AdminTls | undefined> {
  const { https_admin: on, admin_api_mtls: files } = config.deployment.admin
  if (!on) return undefined
  const complain = (name: FileName, path: string, wrong: string, cause: unknown) =>
    new ConfigError(`${file}: deployment.admin.admin_api_mtls.${name}: ${path} ${wrong}`, { cause })
  const read = async (name: FileName, judge: (pem: string) => unknown): Promise<string> => {
    const path = files?.[name] ?? ''
    const pem = await readFile(resolve(baseDir, path), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw complain(name, path, `cannot be read: ${cause.code}`, cause)
    })
    try {
      judge(pem)
    } catch (cause) {
      throw complain(name, path, 'cannot be used: it has no PEM of the right kind', cause)
    }
    return pem
  }

  const certPem = await read('admin_ssl_cert', pem => new X509Certificate(pem))
  const keyPem = await read('admin_ssl_cert_key', createPrivateKey)
  if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))) {
    throw complain('admin_ssl_cert_key', files?.admin_ssl_cert_key ?? '', 'is not the key of admin_ssl_cert', undefined)
  }
  const clientCaPem = (files?.admin_ssl_ca_cert ?? '') === '' ? undefined : await read('admin_ssl_ca_cert', pem => new X509Certificate(pem))
  const { ssl } = config.apisix
  const listed = ssl.ssl_protocols.split(/ +/)
  return {
    certPem, keyPem, clientCaPem, ciphers: ssl.ssl_ciphers, groups: ssl.ssl_ecdh_curve, sessionTickets: ssl.ssl_session_tickets, ticketKeyLifetimeMs: durationMs(config.clinch.session_ticket_key_lifetime), protocols: sslProtocols.filter(protocol => listed.includes(protocol))
  }
}
