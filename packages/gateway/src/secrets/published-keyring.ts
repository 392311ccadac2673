import { defaultKeyring, type Config } from '@clinch/schema'
import type { Logger } from 'pino'

/** The entries that everybody can read in the documentation hide nothing from whoever gets hold of the store. */
export function warnOfPublishedKeyring ({ apisix: { data_encryption: { keyring } } }: Config, log: Logger): void {
  const [first] = [keyring ?? []].flat()
  if (first !== undefined && defaultKeyring.includes(first)) {
    log.warn('secrets in the store are encrypted with a published key: set apisix.data_encryption.keyring, see docs/operations/secrets.md')
  }
}
