import type { MachineLink, MachinePart } from '../contract/machine.ts'

/** What a plugin keeps for the machine, in this process: as workers reach it, but for the way between. */
export function linkTo (part: MachinePart, workerId = 1): MachineLink {
  return {
    ask: async question => structuredClone(await part.handle(structuredClone(question), workerId)),
    tell: message => { part.handle(structuredClone(message), workerId) }
  }
}

export const noMachine: MachineLink = {
  ask: async () => { throw new Error('nobody should ask the primary') },
  tell: () => { throw new Error('nobody should tell the primary') }
}
