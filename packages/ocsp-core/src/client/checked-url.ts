import { isIP } from 'node:net'
import { bareHost } from './allow-list.ts'
import { type AskFailure, failed } from './failure.ts'
import { judgeUrl, type UrlGuard, type UrlJudgement } from './guard.ts'
import type { Resolve, ResolvedAddress } from './resolve.ts'
import { unlessAborted } from './unless-aborted.ts'

/** The URL, if its guard lets it pass. What the operator says needs no guard, and passes if it is http or https. */
export function checkedUrl (text: string, guarded: boolean | UrlGuard, standing: UrlGuard | undefined): UrlJudgement {
  if (guarded !== false) return judgeUrl(text, guarded === true ? standing ?? {} : guarded)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { kind: 'refused', detail: 'not an http or https URL' }
  return { kind: 'allowed', url, mayConnect: () => true }
}

/**
 * The addresses to connect to: an address in the URL itself, or all that its name resolves to. One out of bounds
 * condemns the name, since which one is connected to would be chance. Rejects only when `signal` aborts.
 */
export async function checkedAddresses ({ url, mayConnect }: Extract<UrlJudgement, { kind: 'allowed' }>, resolve: Resolve, signal: AbortSignal): Promise<readonly ResolvedAddress[] | AskFailure> {
  const host = bareHost(url.hostname)
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }]
  try {
    const addresses = await unlessAborted(resolve(host), signal)
    if (addresses.length === 0) return failed('OCSP_ERR_RESPONDER_DNS', `${host} has no address`)
    const strange = addresses.find(({ address }) => !mayConnect(address))
    return strange === undefined ? addresses : failed('OCSP_ERR_URL_REFUSED', `${host} resolves to an address out of bounds`)
  } catch (error) {
    signal.throwIfAborted()
    return failed('OCSP_ERR_RESPONDER_DNS', `${host} could not be resolved: ${error instanceof Error && 'code' in error ? String(error.code) : 'no answer'}`)
  }
}
