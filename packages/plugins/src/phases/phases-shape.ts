import type { PluginPhases } from '../contract/phases.ts'
import { PluginError } from '../errors.ts'

const phaseNames: Readonly<Record<keyof PluginPhases, true>> = { admit: true, rewrite: true, access: true, beforeProxy: true, headerFilter: true, bodyFilter: true, log: true, close: true }

/**
 * What a plugin's `create` returned, if it can be run. A phase that nobody would ever call is a mistake, so the functions
 * of a plain object must be phases; an instance of a class may have methods of its own.
 *
 * @throws PluginError `PLUGIN_ERR_PHASES` that names the phase at fault
 */
export function assertPhases (created: unknown): PluginPhases {
  const refuse = (fault: string): never => { throw new PluginError('PLUGIN_ERR_PHASES', `create ${fault}`) }
  if (typeof created !== 'object' || created === null) return refuse('returned no object of phases')
  if (created instanceof Promise) return refuse('returned a promise: what takes time belongs into init')
  const members = created as Readonly<Record<string, unknown>>
  for (const phase of Object.keys(phaseNames)) {
    if (members[phase] !== undefined && typeof members[phase] !== 'function') refuse(`returned a phase ${phase} that is no function`)
  }
  if (Object.getPrototypeOf(created) !== Object.prototype) return created
  const unknown = Object.keys(members).find(name => typeof members[name] === 'function' && !Object.hasOwn(phaseNames, name))
  if (unknown !== undefined) refuse(`returned ${unknown}, which is no phase: there are ${Object.keys(phaseNames).join(', ')}`)
  return created
}
