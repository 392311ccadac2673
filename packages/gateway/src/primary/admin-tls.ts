import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AdminTls } from '@clinch/admin-api'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** The files of `admin_api_mtls` when `https_admin` is on; undefined for plain HTTP. */
export async function readAdminTls ({ config, baseDir, file }: LoadedConfig): Promise<AdminTls | undefined> {
  const { https_admin: on, admin_api_mtls: files } = config.deployment.admin
  if (!on) return undefined
  const read = async (name: 'admin_ssl_cert' | 'admin_ssl_cert_key' | 'admin_ssl_ca_cert', path: string) =>
    await readFile(resolve(baseDir, path), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new ConfigError(`${file}: deployment.admin.admin_api_mtls.${name}: ${path} cannot be read: ${cause.code}`, { cause })
    })
  const [certPem, keyPem, clientCaPem] = await Promise.all([
    read('admin_ssl_cert', files?.admin_ssl_cert ?? ''),
    read('admin_ssl_cert_key', files?.admin_ssl_cert_key ?? ''),
    files?.admin_ssl_ca_cert === undefined || files.admin_ssl_ca_cert === '' ? undefined : read('admin_ssl_ca_cert', files.admin_ssl_ca_cert)
  ])
  return { certPem, keyPem, clientCaPem }
}
