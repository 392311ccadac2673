import type { PluginUpstream } from '@clinch/plugins'
import type { Timeout } from '@clinch/schema'
import type { CompiledUpstream } from './compiled-upstream.ts'

/** What `host.compileUpstream` gives to a plugin, which can do nothing with it but send requests there and close it. */
export class CompiledPluginUpstream implements PluginUpstream {
  readonly compiled: CompiledUpstream

  constructor (compiled: CompiledUpstream) {
    this.compiled = compiled
  }

  close (): void {
    if (this.compiled.kind === 'ready') this.compiled.close()
  }
}

/** @param timeout - the route's */
export function timedOf (chosen: PluginUpstream, timeout: Timeout | undefined): CompiledUpstream {
  if (!(chosen instanceof CompiledPluginUpstream)) throw new TypeError('sendTo takes what compileUpstream made')
  const { compiled } = chosen
  return compiled.kind === 'ready' ? compiled.timed(timeout) : compiled
}
