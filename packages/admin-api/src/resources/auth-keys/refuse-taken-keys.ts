import { isSecretReference } from '@clinch/schema'
import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { readStored } from '../stored-object.ts'
import { authKeyName, authKeysOf, type AuthKey } from './unique-attributes.ts'

/** Whose plugins are checked: a consumer's, or those of one of its credentials. */
export interface KeyOwner {
  readonly username: string
  readonly credentialId?: string
}

/**
 * Refuses authentication keys that another consumer or credential has. A consumer is not another one to itself and its
 * credentials; to a credential its consumer is. References are not compared.
 *
 * @param plugins - plain, not as they are stored
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export async function refuseTakenKeys (plugins: JsonObject, owner: KeyOwner, api: CheckContext): Promise<void> {
  for (const authKey of authKeysOf(plugins).filter(({ text }) => !isSecretReference(text))) {
    const holder = await findHolder(authKey, owner, api)
    if (holder !== undefined) throw refusal(`duplicate key of plugin ${authKey.plugin} found with ${holder}`)
  }
}

/** Who has it, in the words of the message; what the index says is looked up in the store before it counts. */
async function findHolder (authKey: AuthKey, owner: KeyOwner, api: CheckContext): Promise<string | undefined> {
  const folder = `${api.prefix}/consumers/`
  const { authKeys, keyring, fieldKeyring = keyring } = api
  for (const text of [authKey.text, ...fieldKeyring.cipherTexts(authKey.text)]) {
    for (const key of await authKeys.holdersOf(authKeyName({ ...authKey, text }))) {
      const path = key.slice(folder.length)
      if (!isOwn(path, owner) && await stillHolds(key, { ...authKey, text }, api)) return describe(path)
    }
  }
  return undefined
}

async function stillHolds (key: string, { plugin, text }: AuthKey, { store }: CheckContext): Promise<boolean> {
  const plugins = readStored(await store.get(key))?.['plugins']
  return authKeysOf(plugins).some(held => held.plugin === plugin && held.text === text)
}

// A path is `jack` or `jack/credentials/c1`.
function isOwn (path: string, { username, credentialId }: KeyOwner): boolean {
  if (credentialId !== undefined) return path === `${username}/credentials/${credentialId}`
  return path === username || path.startsWith(`${username}/`)
}

function describe (path: string): string {
  const [username = '', , credentialId] = path.split('/')
  return credentialId === undefined ? `consumer: ${username}` : `credential: ${credentialId} of consumer: ${username}`
}
