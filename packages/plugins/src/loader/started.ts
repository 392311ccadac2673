import type { Logger } from 'pino'
import type { Disposer } from '../contract/plugin.ts'
import { PluginError } from '../errors.ts'
import type { LoadedPlugin, PluginCatalog } from './catalog.ts'

/** The plugins of a catalog that run in this process. */
export interface Started<Host> {
  /**
   * What the plugin's `create` is given.
   *
   * @throws PluginError `PLUGIN_ERR_NOT_STARTED` for one that is not in the catalog or whose `init` failed
   */
  hostOf (name: string): Host
  readonly failures: ReadonlyArray<{ readonly name: string, readonly reason: string }>
  /** Undoes every `init`, last first; may be called twice. A disposer that fails is logged, and the others go on. */
  close (): Promise<void>
}

type Init<Host> = (loaded: LoadedPlugin, host: Host) => Disposer | undefined | Promise<Disposer | undefined>

/** Starts one plugin after the other; one that fails is logged and not running, and the others go on. Never rejects. */
export async function startEach<Host> (catalog: PluginCatalog, log: Logger, hostFor: (loaded: LoadedPlugin) => Host, init: Init<Host>): Promise<Started<Host>> {
  const hosts = new Map<string, Host>()
  const disposers: Array<{ name: string, dispose: Disposer }> = []
  const failures: Array<{ name: string, reason: string }> = []
  for (const loaded of catalog.list) {
    const { name } = loaded.plugin
    try {
      const host = hostFor(loaded)
      const dispose = await init(loaded, host)
      if (typeof dispose === 'function') disposers.push({ name, dispose })
      hosts.set(name, host)
    } catch (err) {
      log.error({ err }, `failed to start plugin [${name}]`)
      failures.push({ name, reason: err instanceof Error ? err.message : String(err) })
    }
  }

  let closed: Promise<void> | undefined
  async function disposeAll (): Promise<void> {
    for (const { name, dispose } of disposers.reverse()) {
      try {
        await dispose()
      } catch (err) {
        log.error({ err }, `failed to stop plugin [${name}]`)
      }
    }
  }

  return {
    failures,
    hostOf (name) {
      const host = hosts.get(name)
      if (host === undefined) throw new PluginError('PLUGIN_ERR_NOT_STARTED', `the plugin [${name}] is not running`)
      return host
    },
    close () {
      closed ??= disposeAll()
      return closed
    }
  }
}
