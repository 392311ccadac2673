import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { judgeExpression } from './expression.ts'

/** Checks each plugin of a resource: it must be loaded and take its configuration. */
export function checkPlugins (plugins: JsonObject, { plugins: catalog }: CheckContext): void {
  for (const [name, conf] of Object.entries(plugins)) {
    const loaded = catalog().get(name)
    if (loaded === undefined) throw refusal(`unknown plugin [${name}]`)
    if (!isJsonObject(conf)) throw refusal(`invalid plugin conf ${JSON.stringify(conf)} for plugin [${name}]`)
    const checked = loaded.checkConf(conf)
    if (checked.kind === 'invalid') throw refusal(`failed to check the configuration of plugin ${name} err: ${checked.message}`)
    checkFilter(checked.conf['_meta'])
  }
}

function checkFilter (meta: unknown): void {
  if (!isJsonObject(meta) || meta['disable'] === true || !Array.isArray(meta['filter'])) return
  const wrong = judgeExpression(meta['filter'])
  if (wrong !== undefined) throw refusal(`failed to validate the 'vars' expression: ${wrong}`)
}
