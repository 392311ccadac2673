import { AdminError } from '../errors.ts'

/** A process that serves no certificates, such as a control plane, has none. */
export function noAgent (): AdminError {
  return new AdminError('ADMIN_ERR_OCSP_UNAVAILABLE', { error_msg: 'this process runs no OCSP agent: ask the control API of a machine that serves traffic (GET /v1/ocsp/staples)' })
}
