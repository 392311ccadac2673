import type { Plugin } from '../contract/plugin.ts'
import { builtInPlugins } from './built-in.ts'
import { assertPlugin } from './plugin-shape.ts'

/** A plugin that comes with the gateway, whether or not it is loaded. */
export async function findBuiltInPlugin (name: string): Promise<Plugin | undefined> {
  const importPlugin = Object.hasOwn(builtInPlugins, name) ? builtInPlugins[name] : undefined
  return importPlugin === undefined ? undefined : assertPlugin((await importPlugin()).default, name)
}
