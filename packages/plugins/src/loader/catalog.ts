import type { TSchema } from '@sinclair/typebox'
import type { Plugin, VariableReader } from '../contract/plugin.ts'

export type ConfCheck =
  | { readonly kind: 'valid', readonly conf: Readonly<Record<string, unknown>> }
  | { readonly kind: 'invalid', readonly message: string }

export interface LoadedPlugin {
  readonly plugin: Plugin
  /** `built-in`, or the path or package name that config.yaml lists. */
  readonly source: string
  /** The plugin's schema with `_meta` in it, as `GET plugins/{name}` shows it. */
  readonly schema: TSchema
  /** `plugin_attr.{name}` of config.yaml with its defaults. */
  readonly attr: unknown
  readonly reservedFields: readonly string[]
  /** Schema, `_meta` and the plugin's own `check`; a valid configuration comes back as a copy with its defaults. */
  checkConf (conf: unknown): ConfCheck
  /** What a consumer or credential holds for an `auth` plugin; for other plugins the same as `checkConf`. */
  checkConsumerConf (conf: unknown): ConfCheck
}

/** The plugins of one `plugins` list; immutable, a reload makes another. */
export interface PluginCatalog {
  /** Highest priority first. */
  readonly list: readonly LoadedPlugin[]
  /** The entries of config.yaml that could not be loaded. */
  readonly failures: ReadonlyArray<{ readonly entry: string, readonly reason: string }>
  get (name: string): LoadedPlugin | undefined
  /** Request fields that no client may send. */
  readonly reservedFields: readonly string[]
  /** By name; of two plugins with the same the one of higher priority has it. */
  readonly variables: ReadonlyMap<string, VariableReader>
  /** What the loaded plugins add to the schema of a resource. */
  resourceProperties (noun: 'ssl'): Readonly<Record<string, TSchema>>
}
