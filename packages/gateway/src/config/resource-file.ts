import { dirname, join } from 'node:path'
import type { LoadedConfig } from './load-config.ts'
import { profiled } from './profile.ts'
import { isDocument, providerOf } from './provider.ts'
import { servesAdmin } from './serves-admin.ts'

/** The file that the providers `yaml` and `json` read the resources from. */
export interface ResourceFile {
  readonly path: string
  readonly format: 'yaml' | 'json'
}

/**
 * `apisix.yaml` or `apisix.json` beside config.yaml, or with APISIX_PROFILE=P `apisix-{P}.yaml`. Undefined with another
 * provider, and where the Admin API is what the resources come from.
 */
export function resourceFileOf ({ config, file }: Pick<LoadedConfig, 'config' | 'file'>, environment: NodeJS.ProcessEnv): ResourceFile | undefined {
  const format = providerOf(config)
  if (!isDocument(format) || servesAdmin(config)) return undefined
  return { path: join(dirname(file), profiled('apisix', format, environment)), format }
}
