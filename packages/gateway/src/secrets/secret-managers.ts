import { resolve } from 'node:path'
import { compileValidator, isSecretManager, isSecretReference, secretManagerSchemas, type AwsSecret, type GcpSecret, type SecretManagerName, type VaultSecret } from '@clinch/schema'
import type { EnvironmentVariables } from './environment-variables.ts'
import { askAws } from './managers/aws.ts'
import { askGcp } from './managers/gcp.ts'
import type { SecretHttp } from './managers/secret-http.ts'
import { askVault } from './managers/vault.ts'
import { mapStrings } from './map-strings.ts'
import { parseReference, type DocumentAddress } from './reference.ts'
import type { Fetched } from './secret-document.ts'

export interface SecretManagersOptions {
  readonly environment: EnvironmentVariables
  readonly http: SecretHttp
  /** What `auth_file` is relative to. */
  readonly baseDir: string
}

export interface SecretManagers {
  /**
   * Never rejects.
   *
   * @param stored - the object `secrets/{managerId}` as it stands in the store; undefined when there is none
   */
  ask (address: DocumentAddress, stored: string | undefined): Promise<Fetched>
}

export function createSecretManagers ({ environment, http, baseDir }: SecretManagersOptions): SecretManagers {
  return {
    async ask ({ managerId, path }, stored) {
      const manager = managerId.slice(0, managerId.indexOf('/'))
      if (!isSecretManager(manager)) return { kind: 'missing', reason: `there is no secret manager ${manager}` }
      if (stored === undefined) return { kind: 'missing', reason: `there is no object secrets/${managerId}` }
      try {
        const conf = readConf(manager, stored, environment)
        if (conf.kind === 'invalid') return { kind: 'unavailable', reason: `secrets/${managerId}: ${conf.reason}` }
        switch (manager) { // the schema of each manager was checked just now
          case 'vault': return await askVault(conf.value as VaultSecret, path, http)
          case 'aws': return await askAws(conf.value as AwsSecret, path, http)
          case 'gcp': return await askGcp(withFile(conf.value as GcpSecret, baseDir), path, http)
        }
      } catch {
        return { kind: 'unavailable', reason: `secrets/${managerId}: what it holds cannot be used to ask` } // no JSON, a token that is no header
      }
    }
  }
}

type Conf = { readonly kind: 'conf', readonly value: unknown } | { readonly kind: 'invalid', readonly reason: string }

function readConf (manager: SecretManagerName, stored: string, environment: EnvironmentVariables): Conf {
  let unresolved: string | undefined
  const resolveText = (text: string) => {
    const reference = isSecretReference(text) ? parseReference(text) : undefined
    if (reference?.kind !== 'environment') return text
    const read = environment.read(reference.name, reference.member)
    if (read.kind === 'text') return read.text
    unresolved ??= `${text}: ${read.reason}`
    return text
  }
  const checked = validators[manager](mapStrings(JSON.parse(stored), resolveText))
  if (unresolved !== undefined) return { kind: 'invalid', reason: unresolved }
  // the path and not the sentence, which may quote a value
  return checked.kind === 'valid' ? { kind: 'conf', value: checked.value } : { kind: 'invalid', reason: `${checked.issue.path.join('.') || 'the object'} does not fit the schema` }
}

const validators = {
  vault: compileValidator(secretManagerSchemas.vault, { fillDefaults: true }),
  aws: compileValidator(secretManagerSchemas.aws, { fillDefaults: true }),
  gcp: compileValidator(secretManagerSchemas.gcp, { fillDefaults: true })
} as const satisfies Record<SecretManagerName, unknown>

function withFile (conf: GcpSecret, baseDir: string): GcpSecret {
  return conf.auth_file === undefined ? conf : { ...conf, auth_file: resolve(baseDir, conf.auth_file) }
}
