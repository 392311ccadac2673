import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { fromStored } from '../stored-form.ts'
import { readStored } from '../stored-object.ts'

/**
 * Refuses the configuration of a plugin that does not do beside the metadata that there is.
 *
 * @param conf - of an object; its plugins are checked, and plain
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export async function refuseBesideMetadata ({ plugins }: JsonObject, api: CheckContext): Promise<void> {
  if (!isJsonObject(plugins)) return
  for (const [name, held] of Object.entries(plugins)) {
    const plugin = api.plugins().get(name)?.plugin
    if (plugin?.checkWithMetadata === undefined || !isJsonObject(held) || isDisabled(held)) continue
    const key = `${api.prefix}/plugin_metadata/${name}`
    const stored = readStored(await api.store.get(key))
    const complaint = plugin.checkWithMetadata(held, stored === undefined ? undefined : fromStored(key, stored, api))
    if (complaint !== undefined) throw refusal(`failed to check the configuration of plugin ${name} err: ${complaint}`)
  }
}

function isDisabled ({ _meta: meta }: JsonObject): boolean {
  return isJsonObject(meta) && meta['disable'] === true
}
