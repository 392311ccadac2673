export const adminErrors = {
  ADMIN_ERR_KEY_REFUSED: 'the API key is missing, wrong, or may not do this',
  ADMIN_ERR_TOO_MANY_WRONG_KEYS: 'too many different wrong API keys came from the address',
  ADMIN_ERR_NOT_FOUND: 'there is nothing of that name',
  ADMIN_ERR_OBJECT_MISSING: 'the object is not in the store',
  ADMIN_ERR_METHOD_UNSUPPORTED: 'the method is not supported here',
  ADMIN_ERR_BODY_INVALID: 'the request body is too large or no JSON',
  ADMIN_ERR_ARGUMENT_INVALID: 'a query argument is invalid',
  ADMIN_ERR_CONFIGURATION_INVALID: 'the configuration was refused',
  ADMIN_ERR_OBJECT_CHANGED: 'the object was changed by someone else in between',
  ADMIN_ERR_RELOAD_FAILED: 'the plugins could not be reloaded',
  ADMIN_ERR_OCSP_UNAVAILABLE: 'there is no OCSP agent to ask'
} as const satisfies Record<`ADMIN_ERR_${string}`, string>
export type AdminErrorCode = keyof typeof adminErrors

/**
 * A request that is not carried out. `body` is the answer as clients of APISIX know it; it may quote the request and
 * stays out of the logs, while `message` is the table's and may be logged.
 */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly code: AdminErrorCode
  readonly body: Readonly<Record<string, unknown>>

  constructor (code: AdminErrorCode, body: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(adminErrors[code], options)
    this.code = code
    this.body = body
  }
}

/** A configuration that is refused, with the sentence that the operator reads. */
export function refusal (sentence: string): AdminError {
  return new AdminError('ADMIN_ERR_CONFIGURATION_INVALID', { error_msg: sentence })
}
