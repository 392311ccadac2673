import type { Node } from '../node.ts'
import { createRoundRobin } from './round-robin.ts'

/** Picks among the nodes of one priority. It keeps its own state, which lives as long as the compiled upstream. */
export interface Balancer {
  /** A node that is not among the tried; undefined when all are. */
  pick (tried: readonly Node[]): Node | undefined
}

/** @param random - a number from 0 up to, not including, 1 */
export type BalancerFactory = (nodes: readonly Node[], random: () => number) => Balancer

/** `upstream.type` to what picks the nodes. */
export const balancers: Readonly<Record<string, BalancerFactory>> = {
  roundrobin: createRoundRobin
}
