import { isDeepStrictEqual } from 'node:util'
import type { LoadedPlugin } from '@clinch/plugins'
import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { keyOf, type Place } from '../place.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { fromStored } from '../stored-form.ts'
import { readStored } from '../stored-object.ts'
import { groupName, groupsOf } from './group-names.ts'

/**
 * Refuses a plugin's configuration that names a group and differs from another of that group. What the object itself held
 * before does not count.
 *
 * @param conf - its plugins are checked, and plain
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export async function refuseUnlikeGroups (kind: ResourceKind, conf: JsonObject, place: Place, api: CheckContext): Promise<void> {
  for (const { plugin, group } of groupsOf(conf['plugins'])) {
    const loaded = api.plugins().get(plugin)
    const mismatch = loaded?.plugin.groupMismatch
    if (loaded === undefined || mismatch === undefined) continue
    const ownKey = keyOf(api.prefix, kind, { ...place, id: kind.naming.idOf(conf, place) })
    for (const key of await api.groups.holdersOf(groupName(plugin, group))) {
      if (key === ownKey || isAlike(loaded, pluginOf(conf, plugin), await readPlugin(key, plugin, api))) continue
      throw refusal(`failed to check the configuration of plugin ${plugin} err: ${mismatch}`)
    }
  }
}

async function readPlugin (key: string, plugin: string, api: CheckContext): Promise<JsonObject> {
  const stored = readStored(await api.store.get(key))
  return stored === undefined ? {} : pluginOf(fromStored(key, stored, api), plugin)
}

function pluginOf (conf: JsonObject, plugin: string): JsonObject {
  const { plugins } = conf
  const held = isJsonObject(plugins) && Object.hasOwn(plugins, plugin) ? plugins[plugin] : undefined
  return isJsonObject(held) ? held : {}
}

// The other one may have left the group a moment ago; one that was never checked binds nobody.
function isAlike (loaded: LoadedPlugin, own: JsonObject, other: JsonObject): boolean {
  if (own['group'] !== other['group']) return true
  const [a, b] = [loaded.checkConf(own), loaded.checkConf(other)]
  if (a.kind === 'invalid' || b.kind === 'invalid') return true
  const { _meta: _ofA, ...confA } = a.conf
  const { _meta: _ofB, ...confB } = b.conf
  return isDeepStrictEqual(confA, confB)
}
