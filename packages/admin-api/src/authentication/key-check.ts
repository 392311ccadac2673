import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminError } from '../errors.ts'
import type { AdminApiOptions } from '../options.ts'
import { judgeKey, wantsKey } from './api-key.ts'
import { clientAddress } from './client-address.ts'
import { GuessLimiter } from './guess-limiter.ts'

/** @throws AdminError ADMIN_ERR_KEY_REFUSED or, with a `Retry-After` in the reply, ADMIN_ERR_TOO_MANY_WRONG_KEYS */
export type KeyCheck = (request: FastifyRequest, reply: FastifyReply, sent: string | undefined, method: string) => void

/** The check of API keys, and of how often an address may try one. There is one for the whole API. */
export function createKeyCheck (api: AdminApiOptions): KeyCheck {
  const limiter = new GuessLimiter(api.now)
  return (request, reply, sent, method) => {
    const settings = api.settings()
    const verdict = judgeKey(sent, method, settings)
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
    if (verdict.kind === 'accepted') return
    request.log.warn({ address, reason: verdict.reason }, 'API key refused')
    throw new AdminError('ADMIN_ERR_KEY_REFUSED', { error_msg: 'failed to check token', description: verdict.reason })
  }
}
