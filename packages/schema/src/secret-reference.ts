/** A string that stands for a value kept elsewhere; its own checks wait until it is resolved. */
export function isSecretReference (value: unknown): value is string {
  return typeof value === 'string' && (value.startsWith('$secret://') || /^\$env:\/\//i.test(value))
}
