import type { MachineHost, MachineLink, MachinePart, Plugin } from '@clinch/plugins'

/** What a plugin keeps for the machine, in this process: as workers reach it, but for the way between. */
export function linkTo (part: MachinePart, workerId = 1): MachineLink {
  return {
    ask: async question => structuredClone(await part.handle(structuredClone(question), workerId)),
    tell: message => { part.handle(structuredClone(message), workerId) }
  }
}

/** As the primary makes it. */
export function partOf (plugin: Plugin, host: MachineHost): MachinePart {
  const part = plugin.machine?.(host)
  if (part === undefined) throw new Error(`${plugin.name} keeps nothing in the primary`)
  return part
}

export const noMachine: MachineLink = {
  ask: async () => { throw new Error('nobody should ask the primary') },
  tell: () => { throw new Error('nobody should tell the primary') }
}
