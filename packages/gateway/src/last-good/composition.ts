import { join } from 'node:path'
import type { RemoteStore } from '@clinch/store'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import { FirstConfiguration } from './first-configuration.ts'
import { LastGoodFile } from './last-good-file.ts'

/** The file in which this machine keeps its last good configuration. A control plane serves nothing, and keeps none. */
export function openLastGood ({ config, dataDir }: LoadedConfig, log: Logger): LastGoodFile | undefined {
  const { deployment: { role, etcd: { host, prefix } }, apisix } = config
  if (role === 'control_plane') return undefined
  return LastGoodFile.open({ path: join(dataDir, 'last-good.db'), keyring: apisix.data_encryption.keyring, origin: { hosts: host, prefix } }, log)
}

/**
 * What the machine begins with, not asked for yet. A data plane waits for as long as it takes, as in APISIX; the others are given
 * up after `startup_retry` (admin-api.md 6.6).
 */
export function composeFirst (store: RemoteStore, { config: { deployment: { role, etcd } } }: LoadedConfig, { file, log, signal }: { readonly file: LastGoodFile | undefined, readonly log: Logger, readonly signal: AbortSignal }): FirstConfiguration {
  return new FirstConfiguration({
    store,
    prefix: etcd.prefix,
    readKept: async () => await file?.read(),
    tries: role === 'data_plane' ? Infinity : Math.max(1, etcd.startup_retry),
    log,
    signal
  })
}
