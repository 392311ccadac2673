import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'

/** `clinch test`: exit status 0 when config.yaml can be used, 1 with the reason when it cannot. */
export async function testConfig (file: string): Promise<void> {
  try {
    const loaded = await loadConfig(file, process.env)
    process.stdout.write(`${loaded.file}: the configuration is fine\n`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
