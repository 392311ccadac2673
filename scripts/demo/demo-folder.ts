import { join } from 'node:path'
import { ConfigError, loadConfig } from '@clinch/gateway'
import { DemoError } from './demo-error.ts'

/**
 * Where the demo's certificates live: `demo-pki` in `clinch.data_dir` of the config.yaml that the gateway runs with.
 *
 * @param configFile - what `--config` said, or undefined for conf/config.yaml
 */
export async function demoFolder (configFile: string | undefined): Promise<string> {
  const file = configFile ?? join(import.meta.dirname, '..', '..', 'conf', 'config.yaml')
  try {
    const { dataDir } = await loadConfig(file, process.env)
    return join(dataDir, 'demo-pki')
  } catch (error) {
    if (error instanceof ConfigError) throw new DemoError(error.message)
    throw error
  }
}
