import { join, resolve } from 'node:path'
import { DemoError } from './demo-error.ts'

/**
 * Where the demo's certificates live: `demo-pki` in `clinch.data_dir` of the config.yaml that the gateway runs with.
 *
 * @param options - folder: what `--folder` said, another place for them; config: what `--config` said, or undefined for conf/config.yaml
 */
export async function demoFolder ({ folder, config }: { readonly folder?: string | undefined, readonly config?: string | undefined }): Promise<string> {
  if (folder !== undefined) return resolve(folder)
  const { ConfigError, loadConfig } = await import('@clinch/gateway') // all of the gateway
  const file = config ?? join(import.meta.dirname, '..', '..', 'conf', 'config.yaml')
  try {
    const { dataDir } = await loadConfig(file, process.env)
    return join(dataDir, 'demo-pki')
  } catch (error) {
    if (error instanceof ConfigError) throw new DemoError(error.message)
    throw error
  }
}
