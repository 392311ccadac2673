import type { LoadedConfig } from '../config/load-config.ts'
import { RunningInstance } from '../instance/running-instance.ts'
import { complain } from './output.ts'
import { readConfig } from './read-config.ts'

/** The gateway that runs with the `data_dir` of this config.yaml; undefined, said to the user, when none does. */
export async function findRunning (file: string): Promise<{ readonly loaded: LoadedConfig, readonly instance: RunningInstance } | undefined> {
  const loaded = await readConfig(file)
  const instance = await RunningInstance.find(loaded.dataDir)
  if (instance === undefined) complain(`no gateway is running with the data_dir ${loaded.dataDir}`)
  return instance === undefined ? undefined : { loaded, instance }
}
