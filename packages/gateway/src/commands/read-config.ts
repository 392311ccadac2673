import type { LoadedConfig } from '../config/load-config.ts'

/** Loads the schema of config.yaml with it, which commands that need none of it do without. */
export async function readConfig (file: string): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load-config.ts')
  return await loadConfig(file, process.env)
}
