import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminError } from '../errors.ts'
import type { AdminApiOptions } from '../options.ts'
import { sendPage } from '../responses/page.ts'
import { judgeKey, wantsKey } from './api-key.ts'
import { isAddressIn } from './allow-list.ts'
import { clientAddress } from './client-address.ts'
import { judgeClientCertificate } from './client-certificate.ts'
import { GuessLimiter } from './guess-limiter.ts'
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

/** The API key, and how often an address may try one. */
export function keyGate (api: AdminApiOptions): Gate {
  const limiter = new GuessLimiter(api.now)
  return async (request, reply) => {
    const settings = api.settings()
    const sent = sentKey(request)
    const verdict = judgeKey(sent, request.method, settings)
    const address = clientAddress(request.raw, settings.realIp)
    if (sent !== undefined && wantsKey(settings)) {
      const isRight = verdict.kind === 'accepted' || verdict.reason !== 'wrong apikey'
      const guess = limiter.judge({ sent, isRight }, address, settings.wrongKeysPerMinute)
      if (guess.kind === 'wait') {
        request.log[guess.isFirst ? 'warn' : 'debug']({ address, seconds: guess.seconds }, 'too many wrong API keys: the address has to wait')
        reply.header('retry-after', guess.seconds)
        throw new AdminError('ADMIN_ERR_TOO_MANY_WRONG_KEYS', { error_msg: 'failed to check token', description: 'too many wrong apikeys from this address' })
      }
    }
    if (verdict.kind === 'accepted') return undefined
    request.log.warn({ address, reason: verdict.reason }, 'API key refused')
    throw new AdminError('ADMIN_ERR_KEY_REFUSED', { error_msg: 'failed to check token', description: verdict.reason })
  }
}
