import type { PluginHost } from '../../contract/host.ts'
import type { LogFile } from '../../contract/log-file.ts'
import type { PluginScope } from '../../contract/scope.ts'
import { placeOf } from './place.ts'

type Host = Pick<PluginHost<{ readonly base_dir?: string }>, 'attr' | 'log' | 'openLogFile'>

/** Told when a configuration is written, and when one is met that came otherwise, or whose metadata has gone. */
export const noPath = 'property "path" is not set in either the plugin conf or the metadata'

/** The file of one configuration, which is another one when the path in the metadata changes. */
export class CurrentFile {
  readonly #host: Host
  readonly #scope: PluginScope
  #path: unknown = null
  #file: LogFile | undefined

  constructor (host: Host, scope: PluginScope) {
    this.#host = host
    this.#scope = scope
  }

  /** Undefined when that is no path, or none that may be written; the operator is told once. */
  of (path: unknown): LogFile | undefined {
    if (path === this.#path) return this.#file
    this.close()
    this.#path = path
    this.#file = this.#open(path)
    return this.#file
  }

  close (): void {
    this.#file?.release()
    this.#file = undefined
    this.#path = null
  }

  #open (path: unknown): LogFile | undefined {
    const { attr, log, openLogFile } = this.#host
    const owner = this.#scope.ownerKey
    if (typeof path !== 'string') {
      log.error({ owner }, noPath)
      return undefined
    }
    const place = placeOf(path, attr.base_dir)
    if (place.kind === 'file') return openLogFile(place.path)
    log.error({ owner, path }, `the log file is not written: ${place.reason}`)
    return undefined
  }
}
