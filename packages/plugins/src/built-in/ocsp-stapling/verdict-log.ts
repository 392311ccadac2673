import type { Logger } from 'pino'
import type { ClientCheck, ClientVerdict } from '../../contract/host.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { Throttle } from '../../throttle.ts'
import type { ClientDecision } from './decide-client.ts'
import { verdictText } from './verdict-text.ts'

const maxClients = 1000

/**
 * Says what was found about each certificate of a request (ocsp.md 10.3, column Log). A refusal of a revoked client is a
 * warning with `audit`: at once and, while it keeps coming, once a second with the number of refusals that went before.
 * An issuer that is missing is a mistake in the configuration: an error, once an hour for each client. The rest is a
 * request's story, at debug: of a source that fails the gateway tells once, and not with every request.
 */
export function createVerdictLog (log: Logger, now: () => number) {
  const refusals = new Throttle({ intervalMs: 1000, maxKeys: maxClients, now })
  const mistakes = new Throttle({ intervalMs: 3_600_000, maxKeys: maxClients, now })

  return (context: RequestContext, check: ClientCheck, verdict: ClientVerdict, decision: ClientDecision): void => {
    const { fingerprint } = check.certificate
    const isRevoked = verdict.kind === 'revoked'
    const isMistake = verdict.kind === 'indeterminate' && verdict.code === 'OCSP_ERR_ISSUER_NOT_FOUND'
    const skipped = isRevoked ? refusals.pass(fingerprint) : isMistake ? mistakes.pass(fingerprint) : undefined
    const level = skipped === undefined ? 'debug' : isRevoked ? 'warn' : 'error'
    if (!log.isLevelEnabled(level)) return
    log[level]({
      reqId: context.id,
      route: context.route?.id,
      sslId: context.tls?.sslId,
      sni: context.tls?.sni,
      peer: context.peerAddress,
      fingerprint,
      responder: hostOf(check.responder ?? check.certificate.ocspUris[0]),
      ...(isRevoked ? { audit: true, refusalsBefore: skipped } : {}),
      ...('source' in verdict ? { source: verdict.source, checkedAtMs: verdict.checkedAtMs, usableEndMs: verdict.usableEndMs } : {}),
      ...(verdict.kind === 'indeterminate' ? { code: verdict.code, detail: verdict.detail } : {}),
      ...(verdict.kind === 'notApplicable' ? { reason: verdict.reason } : {})
    }, verdictText(verdict, decision))
  }
}

/** What a verdict says in one word: its kind, or the code or reason of it. */
export function causeOf (verdict: ClientVerdict): string {
  if (verdict.kind === 'indeterminate') return verdict.code
  return verdict.kind === 'notApplicable' ? verdict.reason : verdict.kind
}

function hostOf (uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : URL.parse(uri)?.host
}
