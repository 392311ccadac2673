import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { ClusterError } from './cluster-error.ts'
import type { Place } from './topology.ts'

export interface ClusterSecrets {
  readonly adminKey: string
  /** The same and the keyring, for node's --env-file. */
  readonly envFile: string
  /** ca.crt, and NAME.crt and NAME.key of each member. */
  readonly etcdFolder: string
  /** etcd-ca.crt, etcd-client.crt and etcd-client.key. */
  readonly gatewayFolder: string
  readonly grafanaPasswordFile: string
}

/**
 * The secrets of a cluster: made when they are not there, by the script that docker-compose.yml runs as well.
 *
 * @throws ClusterError with what openssl said
 */
export async function keepSecrets (folder: string, members: readonly Place[]): Promise<ClusterSecrets> {
  // a member that calls another comes from 127.0.0.1, whatever address is its own
  const names = members.map(({ name, ip }) => `${name}=IP:${ip},IP:127.0.0.1`)
  try {
    await promisify(execFile)('sh', [join(import.meta.dirname, 'make-secrets.sh'), folder, ...names])
  } catch (err) {
    throw new ClusterError(`the secrets could not be made in ${folder}: ${String((err as { readonly stderr?: string }).stderr).trim()}`, { cause: err })
  }
  const envFile = join(folder, 'gateway', 'clinch.env')
  const { CLINCH_ADMIN_KEY: adminKey } = parseEnv(await readFile(envFile, 'utf8'))
  if (adminKey === undefined) throw new ClusterError(`${envFile} has no CLINCH_ADMIN_KEY`)
  return { adminKey, envFile, etcdFolder: join(folder, 'etcd'), gatewayFolder: join(folder, 'gateway'), grafanaPasswordFile: join(folder, 'grafana', 'password') }
}
