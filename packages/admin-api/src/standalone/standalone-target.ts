import type { DocumentEntry } from '@clinch/store'

/** Where a configuration goes that came as a whole and was found good. */
export interface StandaloneTarget {
  /** Resolves when it is in force in this process. */
  replace (configuration: {
    readonly entries: readonly DocumentEntry[]
    /** The plugins to load; undefined: those of config.yaml. */
    readonly plugins: readonly string[] | undefined
  }): Promise<void>
}
