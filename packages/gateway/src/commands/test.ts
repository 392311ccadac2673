import type { LoadedConfig } from '../config/load-config.ts'
import { resourceFileOf } from '../config/resource-file.ts'
import type { Command } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { print } from './output.ts'
import { readConfig } from './read-config.ts'

export const test: Command = {
  name: 'test',
  synopsis: '[--config FILE] [--store]',
  summary: 'check config.yaml, and apisix.yaml if it is used, and say what is wrong',
  details: `Starts nothing. With --store every object of the store is checked as the Admin API would check it, with the plugins that
config.yaml lists; a gateway that runs on an embedded store is asked for its objects.

Exit status: 0 all is fine, 1 something is wrong, and what.`,
  options: ['config', 'store'],
  async run ({ config, store }) {
    const loaded = await readConfig(config)
    print(`${loaded.file}: the configuration is fine`)
    const results = [await testFile(loaded), ...store ? [await testObjects(loaded)] : []]
    return results.every(isFine => isFine) ? exitStatus.done : exitStatus.failed
  }
}

async function testFile (loaded: LoadedConfig): Promise<boolean> {
  const file = resourceFileOf(loaded, process.env)
  if (file === undefined) return true
  const { testResourceFile } = await import('../file-provider/test-resource-file.ts')
  return tell(file.path, await testResourceFile(file, loaded, process.env))
}

async function testObjects (loaded: LoadedConfig): Promise<boolean> {
  const { testStore } = await import('../store-test/test-store.ts')
  const tested = await testStore(loaded)
  return tell(tested.place, tested)
}

function tell (place: string, { mistakes, objects }: { readonly mistakes: readonly string[], readonly objects: number }): boolean {
  for (const mistake of mistakes) process.stderr.write(`${mistake}\n`)
  if (mistakes.length === 0) print(`${place}: ${objects} ${objects === 1 ? 'object is' : 'objects are'} fine`)
  return mistakes.length === 0
}
