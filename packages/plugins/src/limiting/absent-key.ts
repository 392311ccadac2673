import type { PluginHost } from '../contract/host.ts'
import type { PluginScope } from '../contract/scope.ts'
import { Throttle } from '../throttle.ts'
import type { TemplateContext } from '../template/compile-template.ts'

const sayAgainMs = 60_000

/** The key of requests that have none of their own: the client's address. A line in the log tells of it, once a minute. */
export function createAbsentKey ({ log, now }: Pick<PluginHost, 'log' | 'now'>, { ownerKey }: PluginScope): (context: TemplateContext) => string {
  const throttle = new Throttle({ intervalMs: sayAgainMs, maxKeys: 1, now })
  return context => {
    const skipped = throttle.pass('')
    if (skipped !== undefined) log.info({ object: ownerKey, skipped }, 'the key to limit by is absent, the client address is used')
    return context.variable('remote_addr') ?? ''
  }
}
