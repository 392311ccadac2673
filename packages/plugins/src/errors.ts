/** What can go wrong with a plugin as a whole; what is wrong with its configuration is a `ConfCheck`. */
export const pluginErrors = {
  PLUGIN_ERR_NOT_FOUND: 'neither a built-in plugin nor a file or package that can be found',
  PLUGIN_ERR_INVALID: 'the default export is not a plugin',
  PLUGIN_ERR_NAME_TAKEN: 'a plugin of that name is loaded already',
  PLUGIN_ERR_ATTR: 'plugin_attr does not fit the plugin',
  PLUGIN_ERR_NOT_STARTED: 'the plugin is not running',
  PLUGIN_ERR_PHASES: 'create returned what is no object of phases',
  PLUGIN_ERR_RESULT: 'a phase returned what is no result',
  PLUGIN_ERR_LOG_SERVER: 'the log server refused the entries'
} as const satisfies Record<`PLUGIN_ERR_${string}`, string>
export type PluginErrorCode = keyof typeof pluginErrors

/** `code` is what callers match on; the message is the detail, where there is one. */
export class PluginError extends Error {
  override readonly name = 'PluginError'
  readonly code: PluginErrorCode
  constructor (code: PluginErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? pluginErrors[code], options)
    this.code = code
  }
}
