import { compileValidator } from '@clinch/schema'
import type { TSchema } from '@sinclair/typebox'
import type { Logger } from 'pino'
import type { Plugin } from '../contract/plugin.ts'
import type { ConfCheck } from './catalog.ts'
import { withMeta } from './meta.ts'

type Conf = Readonly<Record<string, unknown>>

/**
 * The check of a plugin's configurations: `pre_function`, the schema, then the plugin's own `check`. A disabled
 * instance may be wrong: it is kept as it stands, and a warning says so.
 */
export function createConfCheck (plugin: CheckedPlugin, schema: TSchema, log: Logger): (conf: unknown) => ConfCheck {
  const validate = compileValidator(schema, { fillDefaults: true })

  function judge (conf: unknown): ConfCheck {
    if (typeof metaOf(conf)['pre_function'] === 'string') return { kind: 'invalid', message: noLua }
    const result = validate(conf)
    if (result.kind === 'invalid') return { kind: 'invalid', message: result.issue.message }
    const message = complaintOf(plugin, result.value)
    return message === undefined ? { kind: 'valid', conf: result.value as Conf } : { kind: 'invalid', message }
  }

  return conf => {
    const checked = judge(conf)
    if (checked.kind === 'valid' || metaOf(conf)['disable'] !== true) return checked
    // the reason may quote a secret
    log.warn(`failed to check the configuration of disabled plugin ${plugin.name}, accepting it anyway`)
    return { kind: 'valid', conf: structuredClone(conf) as Conf }
  }
}

/** The check of what consumers and credentials hold for a plugin: its `consumerSchema`, or the ordinary one where it has none. */
export function createConsumerConfCheck (plugin: Plugin, checkConf: (conf: unknown) => ConfCheck, log: Logger): (conf: unknown) => ConfCheck {
  const { name, consumerSchema } = plugin
  if (consumerSchema === undefined) return checkConf
  return createConfCheck({ name, check: conf => plugin.checkConsumer?.(conf as Conf) }, withMeta(consumerSchema), log) // an object, by that schema
}

/** A plugin as far as its configurations are checked. */
interface CheckedPlugin {
  readonly name: string
  check (conf: unknown): string | undefined
}

function complaintOf (plugin: CheckedPlugin, conf: unknown): string | undefined {
  try {
    return plugin.check(conf)
  } catch (err) {
    return `the plugin could not check it: ${err instanceof Error ? err.message : String(err)}`
  }
}

const noLua = 'property "_meta" validation failed: property "pre_function" is not supported: this gateway runs no Lua, write a plugin instead'

function metaOf (conf: unknown): Conf {
  const meta: unknown = typeof conf === 'object' && conf !== null ? (conf as Conf)['_meta'] : undefined
  return typeof meta === 'object' && meta !== null ? meta as Conf : {}
}
