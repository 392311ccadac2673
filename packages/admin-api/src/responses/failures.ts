import { StoreError, type StoreErrorCode } from '@clinch/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminError, type AdminErrorCode } from '../errors.ts'
import { json, send } from './answer.ts'

const statusByCode = {
  ADMIN_ERR_KEY_REFUSED: 401,
  ADMIN_ERR_TOO_MANY_WRONG_KEYS: 429,
  ADMIN_ERR_NOT_FOUND: 404,
  ADMIN_ERR_OBJECT_MISSING: 404,
  ADMIN_ERR_METHOD_UNSUPPORTED: 405,
  ADMIN_ERR_BODY_INVALID: 400,
  ADMIN_ERR_ARGUMENT_INVALID: 400,
  ADMIN_ERR_CONFIGURATION_INVALID: 400,
  ADMIN_ERR_OBJECT_CHANGED: 503,
  ADMIN_ERR_RELOAD_FAILED: 503,
  ADMIN_ERR_OCSP_UNAVAILABLE: 503,
  STORE_ERR_UNAVAILABLE: 503,
  STORE_ERR_UNAUTHORIZED: 503,
  STORE_ERR_REFUSED: 503,
  STORE_ERR_READ_ONLY: 503,
  STORE_ERR_COPY_UNUSABLE: 503,
  STORE_ERR_CLOSED: 503
} as const satisfies Record<AdminErrorCode | StoreErrorCode, number>

export function failureStatus ({ code }: AdminError): number {
  return statusByCode[code]
}

/** Fastify's error handler: what an endpoint threw becomes the answer. */
export function sendFailure (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof AdminError) {
    if (error.cause !== undefined) request.log.warn({ err: error }, 'request failed')
    return send(reply, json(failureStatus(error), error.body))
  }
  if (error instanceof StoreError) {
    request.log.error({ err: error }, 'store failed')
    return send(reply, json(statusByCode[error.code], { error_msg: error.message }))
  }
  if (request.raw.errored !== null) request.log.debug({ err: error }, 'client left')
  else request.log.error({ err: error }, 'request broke')
  return send(reply, json(500, { error_msg: 'internal error' }))
}
