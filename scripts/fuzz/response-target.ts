import { createFuzzWorld } from './corpus.ts'
import { mutate } from './mutate.ts'
import { judgeAtAllDoors } from './response-doors.ts'
import type { FuzzTarget } from './target.ts'

/** Responses damaged on their way: no door throws, and a verdict is only ever what somebody signed. */
export function createResponseTarget (): FuzzTarget {
  const world = createFuzzWorld()
  const { samples } = world
  const ders = samples.map(({ der }) => der)
  return {
    name: 'response',
    sideBySide: 1,
    invent: random => mutate(random.pick(ders), ders, random),
    judge: input => judgeAtAllDoors(input, world, kind => {
      const signed = samples.some(({ verdict, signedPart }) => verdict === kind && input.includes(signedPart))
      return signed ? undefined : `${kind}, and nobody signed that`
    }),
    close: async () => {}
  }
}
