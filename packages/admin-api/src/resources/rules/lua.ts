import { refusal } from '../../errors.ts'

/** Refuses members that hold Lua source: this gateway runs none, and what they guard would be left unguarded. */
export function refuseLua<Conf> (conf: Conf, members: ReadonlyArray<keyof Conf & string>): void {
  const held = members.find(member => conf[member] !== undefined)
  if (held !== undefined) throw refusal(`failed to load '${held}' string: this gateway does not run Lua`)
}
