import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

const defaultFolder = 'conf'

/** The file to read without `--config`: `conf/config.yaml`, or `conf/config-{P}.yaml` with APISIX_PROFILE=P. */
export function defaultConfigFile (environment: Environment): string {
  return join(defaultFolder, profiled('config', 'yaml', environment))
}

/** A file name, with the profile in it if there is one. */
export function profiled (name: string, extension: string, { APISIX_PROFILE: profile = '' }: Environment): string {
  return profile === '' ? `${name}.${extension}` : `${name}-${profile}.${extension}`
}
