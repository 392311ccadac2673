import type { Static, TObject, TSchema } from '@sinclair/typebox'
import type { CreateHost, PluginHost, PrimaryHost } from './host.ts'
import type { MachineHost, MachinePart } from './machine.ts'
import type { PluginPhases } from './phases.ts'
import type { RequestContext } from './request-context.ts'
import type { PluginScope } from './scope.ts'

/** Undoes what `init` did; awaited before the plugin is let go. */
export type Disposer = () => void | Promise<void>

/** The value of a variable in a request; undefined when it has none. */
export type VariableReader = (context: RequestContext) => string | undefined

/**
 * A plugin: one folder (or one file of a user's) with this as its default export, checked by `satisfies Plugin`.
 * Work that depends only on configuration is done in `create`, once per configuration and worker.
 */
export interface Plugin<Schema extends TSchema = TSchema, AttrSchema extends TSchema = TSchema> {
  readonly name: string
  readonly version: number
  /** Higher runs first. */
  readonly priority: number
  /** `auth` plugins can identify a consumer. */
  readonly type?: 'auth'
  /** What stands under this plugin's name on a route, service, plugin config, consumer group or global rule. */
  readonly schema: Schema
  readonly consumerSchema?: TObject
  readonly metadataSchema?: TObject
  /** `plugin_attr.{name}` of config.yaml. */
  readonly attrSchema?: AttrSchema
  /**
   * Dotted paths of members that are stored encrypted, through arrays, to a string, an array of strings or a map of strings.
   * A path applies to those of the three schemas that have a property of its first name.
   */
  readonly encryptFields?: readonly string[]
  /** Properties that this plugin adds to a resource's schema while it is loaded, by the resource's noun. */
  readonly resources?: { readonly ssl?: Readonly<Record<string, TSchema>> }
  /**
   * Variables that there are while this plugin is loaded, by name without `$`. The gateway's own of the same name wins.
   * Read when somebody asks, so one that a phase makes has no value before that phase.
   */
  readonly variables?: Readonly<Record<string, VariableReader>>
  /** A global rule's instance is skipped where the matched route has one of its own. */
  readonly runPolicy?: 'prefer_route'
  /**
   * Request fields that upstreams believe because only this gateway writes them. While the plugin is loaded, what a client
   * sends under such a name, in any spelling that an upstream could take for it, is dropped before anything sees it.
   */
  reservedFields? (attr: Static<AttrSchema>): readonly string[]
  /**
   * Configurations with the same text under `group` share something, so they must be alike in every member, wherever they
   * stand. A write that makes them differ is refused with this sentence.
   */
  readonly groupMismatch?: string
  /** What the schema cannot say; the sentence that is told to the operator, or nothing. */
  check? (conf: Static<Schema>, attr: Static<AttrSchema>): string | undefined
  /**
   * What is wrong with a configuration beside the metadata that there is: asked when it is written, and no more. What is stored
   * has to bear that the metadata changes.
   */
  checkWithMetadata? (conf: Readonly<Record<string, unknown>>, metadata: Readonly<Record<string, unknown>> | undefined): string | undefined
  /** The same as `check` of what a consumer or credential holds, by `consumerSchema`. A secret reference in it is not resolved when it is written. */
  checkConsumer? (conf: Readonly<Record<string, unknown>>): string | undefined
  /** Once per load in every worker. */
  init? (host: PluginHost<Static<AttrSchema>>): Disposer | undefined | Promise<Disposer | undefined>
  /** Once per load in the primary: listeners and files that a machine has one of. */
  initPrimary? (host: PrimaryHost<Static<AttrSchema>>): Disposer | undefined | Promise<Disposer | undefined>
  /** State that the machine has once, in the primary; workers reach it by `host.machine`. */
  machine? (host: MachineHost<Static<AttrSchema>>): MachinePart
  /** Called when configuration changes, never on a request. */
  create (conf: Static<Schema>, host: CreateHost<Static<AttrSchema>>, scope: PluginScope): PluginPhases
}
