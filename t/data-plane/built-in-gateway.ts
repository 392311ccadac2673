import { loadPlugins } from '@clinch/plugins'
import type { Route, Upstream } from '@clinch/schema'
import type { Test } from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

export interface BuiltInOptions extends Partial<HttpGatewayOptions> {
  /** What stands under `plugins` of the one route, `/*`. */
  readonly conf: NonNullable<Route['plugins']>
  readonly attrs?: Readonly<Record<string, object>>
  readonly route?: Partial<Route>
  /** How the upstream answers; without it it echoes. */
  readonly handler?: UpstreamHandler
}

/** A route with built-in plugins, loaded and checked as a worker does it, in front of an upstream. */
export async function serveBuiltIn (t: Test, { conf, attrs = {}, route, handler, ...options }: BuiltInOptions) {
  const names = new Set([conf, ...Object.values(options.objects ?? {}).map(object => 'plugins' in object ? object.plugins as object : {})].flatMap(Object.keys))
  const catalog = await loadPlugins([...names], { baseDir: import.meta.dirname, attrs, log: recordLog().log })
  if (catalog.failures.length > 0) throw new Error(catalog.failures[0]?.reason)
  const upstream = await startUpstream(handler === undefined ? {} : { handler })
  t.teardown(() => upstream.close())
  const nodes = { nodes: { [upstream.node]: 1 } } as unknown as Upstream // the schema checks it
  const gateway = await startHttpGateway({ routes: [{ id: 'r', uri: '/*', plugins: conf, upstream: nodes, ...route }], ...options, catalog })
  t.teardown(() => gateway.close())
  return { upstream, gateway, port: gateway.port }
}
