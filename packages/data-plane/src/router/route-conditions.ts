import { AddressSet, compileExpression, type ExpressionTest } from '@clinch/plugins'
import type { Route } from '@clinch/schema'

/** What a request must be for a route to take it; made once from the stored route. */
export interface RouteConditions {
  /** False: the route takes part in nothing. */
  readonly isEnabled: boolean
  readonly uris: readonly string[]
  /** In lower case; none: any host. */
  readonly hosts: readonly string[]
  readonly priority: number
  readonly methods: ReadonlySet<string> | undefined
  readonly addresses: AddressSet | undefined
  readonly vars: ExpressionTest | undefined
}

/** The parts of a request that routes are matched by. */
export interface MatchHead {
  readonly host: string
  /** The host with its port, in lower case: for patterns that have a `:`. */
  readonly authority: string
  /** The path that patterns are held against. */
  readonly matchUri: string
  readonly method: string
  readonly remoteAddress: string
  variable (name: string): string | undefined
}

export type ConditionsResult =
  | { readonly kind: 'conditions', readonly conditions: RouteConditions }
  | { readonly kind: 'refused', readonly reason: string }

/** Reads the routing members of a route. What cannot be judged without Lua refuses the route. */
export function readConditions (route: Route): ConditionsResult {
  if (route.filter_func !== undefined) return refuse('failed to load filter function: Lua is not supported')
  if (route.script !== undefined || route.script_id !== undefined) return refuse('failed to load script: Lua is not supported')
  const vars = route.vars === undefined || route.vars.length === 0 ? undefined : compileExpression(route.vars)
  if (vars?.kind === 'invalid') return refuse(`failed to validate the 'vars' expression: ${vars.reason}`)
  const addresses = listOf(route.remote_addrs, route.remote_addr)
  return {
    kind: 'conditions',
    conditions: {
      isEnabled: route.status !== 0,
      uris: listOf(route.uris, route.uri),
      hosts: listOf(route.hosts, route.host).map(host => host.toLowerCase()),
      priority: route.priority,
      methods: route.methods === undefined || route.methods.length === 0 ? undefined : new Set(route.methods),
      addresses: addresses.length === 0 ? undefined : new AddressSet(addresses),
      vars: vars?.test
    }
  }
}

/** Everything but host and path. */
export function satisfies (conditions: RouteConditions, head: MatchHead): boolean {
  const { methods, addresses, vars } = conditions
  if (methods !== undefined && !methods.has(head.method)) return false
  if (addresses !== undefined && !addresses.has(head.remoteAddress)) return false
  return vars === undefined || vars(head)
}

function listOf (many: readonly string[] | undefined, one: string | undefined): readonly string[] {
  return many ?? (one === undefined ? [] : [one])
}

function refuse (reason: string): ConditionsResult {
  return { kind: 'refused', reason }
}
