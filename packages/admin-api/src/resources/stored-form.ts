import { mapSecretFields } from '@clinch/plugins'
import type { Keyring } from '@clinch/store'
import type { CheckContext } from '../context.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceKind } from './resource-kind.ts'

type Forms = Pick<CheckContext, 'prefix' | 'plugins' | 'keyring' | 'fieldKeyring'>

/** The form that is stored and echoed by writes: private keys and what plugins keep secret are encrypted. */
export function toStored (kind: ResourceKind, key: string, conf: JsonObject, api: Forms): JsonObject {
  const plain = kind.encryptKeys(conf, api.keyring)
  return mapSecretFields(relativeKey(key, api), plain, api.plugins(), text => fieldKeyringOf(api).encrypt(text))
}

/** The form that a PATCH is merged into: what plugins keep secret is plain. Private keys stay encrypted, and may be sent so. */
export function fromStored (key: string, stored: JsonObject, api: Forms): JsonObject {
  return mapSecretFields(relativeKey(key, api), stored, api.plugins(), text => fieldKeyringOf(api).decrypt(text) ?? text)
}

/** The form that GET shows. */
export function toShown (kind: ResourceKind, key: string, stored: JsonObject, api: Forms): JsonObject {
  return kind.view(fromStored(key, stored, api))
}

function fieldKeyringOf ({ keyring, fieldKeyring = keyring }: Forms): Keyring {
  return fieldKeyring
}

function relativeKey (key: string, { prefix }: Forms): string {
  return key.slice(prefix.length + 1)
}
