import type { ConfCheck, LoadedPlugin } from '@clinch/plugins'
import type { CheckContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { refuseExpression } from './expression.ts'

/** Checks each plugin of a resource: it must be loaded and take its configuration. */
export function checkPlugins (plugins: JsonObject, api: CheckContext): void {
  checkEach(plugins, api, (loaded, conf) => loaded.checkConf(conf))
}

/** The same for a consumer or a credential, which hold for an `auth` plugin what its consumer schema says. */
export function checkConsumerPlugins (plugins: JsonObject, api: CheckContext): void {
  try {
    checkEach(plugins, api, (loaded, conf) => loaded.checkConsumerConf(conf))
  } catch (err) {
    throw err instanceof AdminError ? refusal(`invalid plugins configuration: ${String(err.body['error_msg'])}`) : err
  }
}

function checkEach (plugins: JsonObject, { plugins: catalog }: CheckContext, check: (loaded: LoadedPlugin, conf: unknown) => ConfCheck): void {
  for (const [name, conf] of Object.entries(plugins)) {
    if (typeof conf !== 'object' || conf === null) throw refusal(`invalid plugin conf ${JSON.stringify(conf)} for plugin [${name}]`)
    const loaded = catalog().get(name)
    if (loaded === undefined) throw refusal(`unknown plugin [${name}]`)
    const checked = check(loaded, conf)
    if (checked.kind === 'invalid') throw refusal(`failed to check the configuration of plugin ${name} err: ${checked.message}`)
    checkFilter(checked.conf['_meta'])
  }
}

function checkFilter (meta: unknown): void {
  if (!isJsonObject(meta) || meta['disable'] === true || !Array.isArray(meta['filter'])) return
  refuseExpression(meta['filter'])
}
