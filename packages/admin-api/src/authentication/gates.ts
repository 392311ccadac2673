import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AdminApiOptions } from '../options.ts'
import { sendPage } from '../responses/page.ts'
import { isAddressIn } from './allow-list.ts'
import { clientAddress } from './client-address.ts'
import { judgeClientCertificate } from './client-certificate.ts'
import type { KeyCheck } from './key-check.ts'
import { sentKey } from './sent-key.ts'

type Gate = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/** With `admin_ssl_ca_cert`: no API without a client certificate that this CA has signed. */
export function certificateGate (api: AdminApiOptions): Gate {
  return async (request, reply) => {
    if (api.tls?.clientCaPem === undefined) return undefined
    const reason = judgeClientCertificate(request.raw.socket)
    if (reason === undefined) return undefined
    request.log.warn({ address: clientAddress(request.raw, api.settings().realIp), reason }, 'client certificate refused')
    return sendPage(reply, 400, reason)
  }
}

/** `allow_admin`: an address that is not listed gets a page, before anything of the request is looked at. */
export function addressGate (api: AdminApiOptions): Gate {
  return async (request, reply) => {
    const { allowAdmin, realIp } = api.settings()
    const address = clientAddress(request.raw, realIp)
    if (allowAdmin === null || isAddressIn(address, allowAdmin)) return undefined
    request.log.warn({ address }, 'address refused by allow_admin')
    return sendPage(reply, 403)
  }
}

/** The API key. */
export function keyGate (check: KeyCheck): Gate {
  return async (request, reply) => {
    check(request, reply, sentKey(request), request.method)
    return undefined
  }
}
