import type { Logger } from 'pino'
import type { ClientCheck, ClientVerdict } from '../../contract/host.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientDecision } from './decide-client.ts'
import { verdictText } from './verdict-text.ts'

const doubtIntervalMs = 60_000

/**
 * Says what was found about each certificate: a refusal always, as an error; a pass in doubt as a warning, once a
 * minute for each cause; what is fine where the level asks for it. The certificate is named by fingerprint only.
 */
export function createVerdictLog (log: Logger, now: () => number) {
  const doubtedAtMs = new Map<string, number>()

  function isDoubtDue (cause: string): boolean {
    const nowMs = now()
    if (nowMs - (doubtedAtMs.get(cause) ?? -Infinity) < doubtIntervalMs) return false
    doubtedAtMs.set(cause, nowMs)
    return true
  }

  return (context: RequestContext, check: ClientCheck, verdict: ClientVerdict, decision: ClientDecision): void => {
    const level = levels[decision]
    if (!log.isLevelEnabled(level)) return
    if (decision === 'doubtful' && !isDoubtDue(causeOf(verdict))) return
    log[level]({
      reqId: context.id,
      sslId: context.tls?.sslId,
      fingerprint: check.certificate.fingerprint,
      responder: hostOf(check.responder ?? check.certificate.ocspUris[0]),
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

const levels = { pass: 'debug', doubtful: 'warn', rejected: 'error', unavailable: 'error' } as const satisfies Record<ClientDecision, string>

function hostOf (uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : URL.parse(uri)?.host
}
