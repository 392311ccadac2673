import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { PluginCatalog } from '@clinch/plugins'
import { createKeyring } from '@clinch/store'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import { createEnvironmentVariables } from './environment-variables.ts'
import { fieldKeyringOf } from './field-keyring.ts'
import { createSecretHttp } from './managers/secret-http.ts'
import { OpenedConfiguration, type OpenedChange } from './opened-configuration.ts'
import { SecretBook } from './secret-book.ts'
import { createSecretManagers } from './secret-managers.ts'

export interface OpeningOptions {
  readonly loaded: LoadedConfig
  readonly catalog: () => PluginCatalog
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
  readonly onChange: (change: OpenedChange) => void
}

export interface Opening {
  readonly configuration: OpenedConfiguration
  readonly book: SecretBook
  close (): Promise<void>
}

/** Everything that opens the stored configuration on this machine, put together from config.yaml. */
export async function createOpening ({ loaded, catalog, environment, log, now, random, onChange }: OpeningOptions): Promise<Opening> {
  const { apisix, nginx_config: nginx } = loaded.config
  const { ssl_trusted_certificate: trusted } = apisix.ssl
  const http = createSecretHttp(trusted === 'system' ? undefined : await readFile(resolve(loaded.baseDir, trusted), 'utf8'))
  const variables = createEnvironmentVariables(nginx.envs, environment)
  const keyring = createKeyring(apisix.data_encryption.keyring)
  const fieldKeyring = fieldKeyringOf(loaded.config)
  const { ttl, neg_ttl: retry } = apisix.lru.secret
  const book = new SecretBook({
    managers: createSecretManagers({ environment: variables, http, baseDir: loaded.baseDir }),
    environment: variables,
    ttlMs: ttl * 1000,
    retryMs: retry * 1000,
    log,
    now,
    random,
    onChange: documentKey => configuration.documentChanged(documentKey)
  })
  const configuration = new OpenedConfiguration({ book, makings: () => ({ catalog: catalog(), keyring, fieldKeyring }), log, onChange })
  return {
    configuration,
    book,
    async close () {
      const closing = book.close()
      await http.close()
      await closing
    }
  }
}
