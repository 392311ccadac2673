import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminError } from '../errors.ts'
import type { AdminApiOptions } from '../options.ts'
import { sendPage } from '../responses/page.ts'
import { judgeKey } from './api-key.ts'
import { isAddressIn } from './allow-list.ts'
import { clientAddress } from './client-address.ts'
import { sentKey } from './sent-key.ts'

type Gate = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/** `allow_admin`: an address that is not listed gets a page, before anything else is looked at. */
export function addressGate (api: AdminApiOptions): Gate {
  return async (request, reply) => {
    const { allowAdmin, realIp } = api.settings()
    const address = clientAddress(request.raw, realIp)
    if (allowAdmin === null || isAddressIn(address, allowAdmin)) return undefined
    request.log.warn({ address }, 'address refused by allow_admin')
    return sendPage(reply, 403)
  }
}

/** With `admin_ssl_ca_cert`: no API without a client certificate that this CA has signed. */
export function certificateGate (api: AdminApiOptions): Gate {
  return async (request, reply) => {
    const mustVerify = api.tls?.clientCaPem !== undefined
    if (!mustVerify || ('authorized' in request.socket && request.socket.authorized === true)) return undefined
    request.log.warn({ address: clientAddress(request.raw, api.settings().realIp) }, 'client certificate refused')
    return sendPage(reply, 400, 'No required SSL certificate was sent')
  }
}

/** The API key. */
export function keyGate (api: AdminApiOptions): Gate {
  return async request => {
    const settings = api.settings()
    const verdict = judgeKey(sentKey(request), request.method, settings)
    if (verdict.kind === 'accepted') return undefined
    request.log.warn({ address: clientAddress(request.raw, settings.realIp), reason: verdict.reason }, 'API key refused')
    throw new AdminError('ADMIN_ERR_KEY_REFUSED', { error_msg: 'failed to check token', description: verdict.reason })
  }
}
