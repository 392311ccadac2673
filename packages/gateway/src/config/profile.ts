import { dirname, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

const defaultFolder = 'conf'

/** The file to read without `--config`: `conf/config.yaml`, or `conf/config-{P}.yaml` with APISIX_PROFILE=P. */
export function defaultConfigFile (environment: Environment): string {
  return join(defaultFolder, profiled('config', 'yaml', environment))
}

/** The file of the providers `yaml` and `json`: `apisix.yaml` beside config.yaml, or `apisix-{P}.yaml`. */
export function resourceFile (configFile: string, format: 'yaml' | 'json', environment: Environment): string {
  return join(dirname(configFile), profiled('apisix', format, environment))
}

function profiled (name: string, extension: string, { APISIX_PROFILE: profile = '' }: Environment): string {
  return profile === '' ? `${name}.${extension}` : `${name}-${profile}.${extension}`
}
