/** A mistake in config.yaml that stops the start or a reload; the message names file, line and property. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
