import type { Config } from '@clinch/schema'
import { createKeyring, type Keyring } from '@clinch/store'
import { isDocument, providerOf } from '../config/provider.ts'

/**
 * What the secret fields of plugins are encrypted with: nothing when `enable_encrypt_fields` is off or the configuration is a
 * file. Private keys are encrypted in any case (admin-api.md 5.2, 5.4).
 */
export function fieldKeyringOf (config: Config): Keyring {
  const { enable_encrypt_fields: isOn, keyring } = config.apisix.data_encryption
  return createKeyring(isOn && !isDocument(providerOf(config)) ? keyring : null)
}
