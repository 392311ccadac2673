import type { PluginUpstream } from '@clinch/plugins'
import type { Route, Timeout } from '@clinch/schema'
import { timedOf } from './plugin-upstream.ts'
import { unusable, type CompiledUpstream } from './compiled-upstream.ts'

/** The upstreams of a snapshot that several routes may mean: `upstreams/{id}`, and `services/{id}` for one embedded there. */
export type UpstreamTable = ReadonlyMap<string, CompiledUpstream>

/** Where the requests of a route go. */
export type UpstreamRef =
  | { readonly kind: 'own', readonly upstream: CompiledUpstream }
  /** `timeout`: the route's, which wins over the upstream's own. */
  | { readonly kind: 'shared', readonly key: string, readonly timeout: Timeout | undefined }
  | { readonly kind: 'none' }

/** What a plugin chose goes before what the route says. */
export function chosenUpstream (chosen: PluginUpstream | string | undefined, { upstream, route }: { readonly upstream: UpstreamRef, readonly route: Route }): UpstreamRef {
  if (chosen === undefined) return upstream
  if (typeof chosen === 'string') return { kind: 'shared', key: chosen, timeout: route.timeout }
  return { kind: 'own', upstream: timedOf(chosen, route.timeout) }
}

/** Missing targets answer as data-plane.md 4.7 and 5.3 say. */
export function resolveUpstream (ref: UpstreamRef, table: UpstreamTable): CompiledUpstream {
  switch (ref.kind) {
    case 'own': return ref.upstream
    case 'shared': {
      const upstream = table.get(ref.key)
      if (upstream === undefined) return { kind: 'unusable', status: 502, reason: `failed to find upstream by id: ${ref.key.slice(ref.key.indexOf('/') + 1)}` }
      return upstream.kind === 'ready' ? upstream.timed(ref.timeout) : upstream
    }
    case 'none': return noUpstream
  }
}

const noUpstream = unusable(503, 'missing upstream configuration in Route or Service')
