import { ConfigError } from './config/config-error.ts'
import { loadConfig, type LoadedConfig } from './config/load-config.ts'
import { resourceFileOf } from './config/resource-file.ts'

/** `clinch test`: exit status 0 when config.yaml, and the file of its resources if there is one, can be used; 1 with the reasons when not. */
export async function testConfig (file: string): Promise<void> {
  try {
    const loaded = await loadConfig(file, process.env)
    process.stdout.write(`${loaded.file}: the configuration is fine\n`)
    await testResources(loaded)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    complain([error.message])
  }
}

async function testResources (loaded: LoadedConfig): Promise<void> {
  const file = resourceFileOf(loaded, process.env)
  if (file === undefined) return
  const { testResourceFile } = await import('./file-provider/test-resource-file.ts')
  const { mistakes, objects } = await testResourceFile(file, loaded, process.env)
  if (mistakes.length > 0) complain(mistakes)
  else process.stdout.write(`${file.path}: ${objects} ${objects === 1 ? 'object is' : 'objects are'} fine\n`)
}

function complain (mistakes: readonly string[]): void {
  process.stderr.write(mistakes.map(mistake => `${mistake}\n`).join(''))
  process.exitCode = 1
}
