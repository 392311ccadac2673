/**
 * Why the command cannot tell, in one sentence. `code` is an OcspErrorCode, or what the system and OpenSSL call it
 * (`ENOENT`, `ECONNREFUSED`, `ERR_SSL_WRONG_VERSION_NUMBER`); `ERR_USAGE` is a mistake in the arguments.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  constructor (code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export const usageError = (message: string): CommandError => new CommandError('ERR_USAGE', message)

/** The code that Node gives its errors; empty when there is none. */
export function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
