import type { Static } from '@sinclair/typebox'
import type { ClientCheck, ClientVerdict, PluginHost } from '../../contract/host.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import type { OcspAttr } from './attr.ts'
import { clientChecks } from './client-checks.ts'
import { registerClientMetrics } from './client-metrics.ts'
import { decideClient, strictest } from './decide-client.ts'
import { LastGood } from './last-good.ts'
import { policyOf, type RouteConfSchema } from './route-conf.ts'
import { ocspStaplingOf } from './ssl-settings.ts'
import { causeOf, createVerdictLog } from './verdict-log.ts'

/**
 * The check of data-plane.md 2.9 on every request: skipped where nothing asks for it, else answered from memory if
 * the verdict is known there. An error of the OCSP service is thrown on and refuses too.
 */
export function createAdmission (conf: Static<typeof RouteConfSchema>, host: PluginHost<OcspAttr>): (context: RequestContext) => PhaseResult | Promise<PhaseResult> {
  const policy = policyOf(conf)
  const deadlineMs = (conf.timeout ?? host.attr.client_timeout) * 1000
  const answers = { rejected: refusal(conf.rejected_code), unavailable: refusal(conf.unavailable_code, retryAfter) }
  const metrics = registerClientMetrics(host.metrics)
  const logVerdict = createVerdictLog(host.log, host.now)
  const lastGood = new LastGood()
  const checksByClient = new WeakMap<ClientCertificate, readonly ClientCheck[]>()
  let hasWarned = false

  function judge (context: RequestContext, checks: readonly ClientCheck[], verdicts: readonly ClientVerdict[]): PhaseResult {
    const nowMs = host.now()
    const decisions = checks.map((check, at) => {
      const verdict = verdicts[at] as ClientVerdict // one for each check
      if (policy.mode === 'grace') lastGood.note(check.certificate, verdict)
      const decision = decideClient(verdict, policy, nowMs, lastGood.endOf(check.certificate))
      metrics.countVerdict(context, verdict)
      logVerdict(context, check, verdict, decision)
      return decision
    })
    const decision = strictest(decisions)
    if (decision === 'pass' || decision === 'doubtful') return CONTINUE
    const cause = verdicts[decisions.indexOf(decision)]
    metrics.countRefusal(context, cause === undefined ? '' : causeOf(cause))
    return answers[decision]
  }

  return context => {
    const { tls } = context
    if (tls === undefined) return CONTINUE
    if (tls.ssl.client === undefined) {
      if (!hasWarned) host.log.warn({ sslId: tls.sslId }, 'the route checks client certificates but the ssl has no client.ca')
      hasWarned = true
      return CONTINUE
    }
    const settings = ocspStaplingOf(tls.ssl)
    if (settings === undefined || settings.ssl_ocsp === 'off' || tls.client?.verify !== 'SUCCESS') {
      if (host.log.isLevelEnabled('info')) host.log.info({ reqId: context.id, sslId: tls.sslId }, 'no client cert ocsp verify required')
      return CONTINUE
    }

    let checks = checksByClient.get(tls.client)
    if (checks === undefined) checksByClient.set(tls.client, checks = clientChecks(tls.client, settings, deadlineMs))
    const known = checks
    const verdicts = known.map(check => host.ocsp.checkClient(check))
    return areKnown(verdicts) ? judge(context, known, verdicts) : Promise.all(verdicts).then(all => judge(context, known, all))
  }
}

// As long as the service keeps an indeterminate result before it asks again (ocsp.md 8.2).
const retryAfter = { 'Retry-After': '30' }
// Internal: goes out as HTTP 400 with the page `The SSL certificate error`.
const certificateError = 495

function refusal (code: number, headers: Readonly<Record<string, string>> = {}): PhaseResult {
  if (code === 400) return Object.freeze({ kind: 'respond', response: { status: certificateError } })
  return Object.freeze({ kind: 'respond', response: code === 503 ? { status: code, headers } : { status: code } })
}

function areKnown (verdicts: ReadonlyArray<ClientVerdict | Promise<ClientVerdict>>): verdicts is readonly ClientVerdict[] {
  return verdicts.every(verdict => !('then' in verdict))
}
