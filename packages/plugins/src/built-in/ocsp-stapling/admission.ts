import type { Static } from '@sinclair/typebox'
import type { ClientCheck, ClientVerdict, PluginHost } from '../../contract/host.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientCertificate, TlsFacts } from '../../contract/tls-facts.ts'
import type { OcspAttr } from './attr.ts'
import { clientChecks, type ClientChecks } from './client-checks.ts'
import { registerClientMetrics } from './client-metrics.ts'
import { decideClient, strictest } from './decide-client.ts'
import { policyOf, type RouteConfSchema } from './route-conf.ts'
import { ocspStaplingOf, type OcspStapling } from './ssl-settings.ts'
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
  const plans = new WeakMap<ClientCertificate, Plan>()
  let hasWarned = false

  function judge (context: RequestContext, checks: readonly ClientCheck[], verdicts: readonly ClientVerdict[]): PhaseResult {
    const nowMs = host.now()
    const decisions = verdicts.map((verdict, at) => {
      const decision = decideClient(verdict, policy, nowMs)
      const check = checks[Math.min(at, checks.length - 1)] as ClientCheck // there is one at least, the client's own
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

  function ask (context: RequestContext, { checks, isWhole }: ClientChecks): PhaseResult | Promise<PhaseResult> {
    const verdicts = checks.map(check => host.ocsp.checkClient(check))
    if (!isWhole) verdicts.push(issuerMissing)
    return areKnown(verdicts) ? judge(context, checks, verdicts) : Promise.all(verdicts).then(all => judge(context, checks, all))
  }

  // Worked out once for a connection, and anew when the settings of its ssl have changed.
  function plan (context: RequestContext, tls: TlsFacts, client: ClientCertificate, settings: OcspStapling): ClientChecks | Promise<ClientChecks> {
    const known = plans.get(client)
    if (known?.settings === settings) return known.checks
    const terms = {
      responder: settings.ssl_ocsp_responder === '' ? undefined : settings.ssl_ocsp_responder,
      maxAgeMs: settings.cache_ttl * 1000,
      deadlineMs,
      sslId: tls.sslId,
      peerAddress: context.peerAddress
    }
    const checks = clientChecks(client, settings.ssl_ocsp, terms, host.ocsp)
    if (!(checks instanceof Promise)) {
      plans.set(client, { settings, checks })
      return checks
    }
    return checks.then(completed => {
      if (completed.isWhole) plans.set(client, { settings, checks: completed }) // else the issuer may be known by the next request
      return completed
    })
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
    const checks = plan(context, tls, tls.client, settings)
    return checks instanceof Promise ? checks.then(all => ask(context, all)) : ask(context, checks)
  }
}

interface Plan {
  readonly settings: OcspStapling
  readonly checks: ClientChecks
}

// Beside what is known of the rest: an intermediate that nobody can look at must not read as one that is fine.
const issuerMissing: ClientVerdict = { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'issuer certificate not found' }
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
