import type { MachineHost, MachinePart, Plugin } from '@clinch/plugins'

export { linkTo, noMachine } from '@clinch/plugins/testing'

/** As the primary makes it. */
export function partOf (plugin: Plugin, host: MachineHost): MachinePart {
  const part = plugin.machine?.(host)
  if (part === undefined) throw new Error(`${plugin.name} keeps nothing in the primary`)
  return part
}
