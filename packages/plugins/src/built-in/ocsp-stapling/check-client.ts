import type { ClientCheck, ClientVerdict, PluginHost } from '../../contract/host.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientCertificate, TlsFacts } from '../../contract/tls-facts.ts'
import type { OcspAttr } from './attr.ts'
import { clientChecks, type ClientChecks } from './client-checks.ts'
import { registerClientMetrics } from './client-metrics.ts'
import type { FindPath } from './client-path.ts'
import { clientStatus, type ClientStatus } from './client-status.ts'
import { decideClient, strictest, type ClientDecision } from './decide-client.ts'
import { policyOf, type RouteConf } from './route-conf.ts'
import type { OcspStapling } from './ssl-settings.ts'
import { causeOf, createVerdictLog } from './verdict-log.ts'

export interface Checked {
  readonly decision: ClientDecision
  readonly status: ClientStatus
}

export type CheckClient = (context: RequestContext, tls: TlsFacts, client: ClientCertificate, settings: OcspStapling) => Checked | Promise<Checked>

/**
 * Has the OCSP service asked about a client, once a request: from memory if the verdict is known there. Every verdict is
 * counted and logged. An error of the service is thrown on.
 */
export function createClientCheck (conf: RouteConf, host: PluginHost<OcspAttr>, findPath: FindPath): CheckClient {
  const policy = policyOf(conf)
  const deadlineMs = (conf.timeout ?? host.attr.client_timeout) * 1000
  const metrics = registerClientMetrics(host)
  const logVerdict = createVerdictLog(host.log, host.now)
  const plans = new WeakMap<ClientCertificate, Plan>()

  function judge (context: RequestContext, plan: Plan, verdicts: readonly ClientVerdict[]): Checked {
    const nowMs = host.now()
    const { checks } = plan.checks
    const decisions = verdicts.map((verdict, at) => {
      const decision = decideClient(verdict, policy, nowMs)
      const check = checks[Math.min(at, checks.length - 1)] as ClientCheck // there is one at least, the client's own
      metrics.countVerdict(context, verdict)
      logVerdict(context, check, verdict, decision)
      return decision
    })
    const decision = strictest(decisions)
    if (decision !== 'pass' && decision !== 'doubtful') {
      const cause = verdicts[decisions.indexOf(decision)]
      metrics.countRefusal(context, cause === undefined ? '' : causeOf(cause))
    }
    return { decision, status: statusOf(plan, verdicts, decisions) }
  }

  function ask (context: RequestContext, plan: Plan): Checked | Promise<Checked> {
    const verdicts = plan.checks.checks.map(check => host.ocsp.checkClient(check))
    if (!plan.checks.isWhole) verdicts.push(issuerMissing)
    return areKnown(verdicts) ? judge(context, plan, verdicts) : Promise.all(verdicts).then(all => judge(context, plan, all))
  }

  // Worked out once for a connection, and anew when the settings of its ssl have changed.
  function planFor (context: RequestContext, tls: TlsFacts, client: ClientCertificate, settings: OcspStapling): Plan | Promise<Plan> {
    const known = plans.get(client)
    if (known?.settings === settings) return known
    const terms = {
      responder: settings.ssl_ocsp_responder === '' ? undefined : settings.ssl_ocsp_responder,
      prefer: conf.prefer,
      crl: settings.ssl_crl,
      maxAgeMs: settings.cache_ttl * 1000,
      deadlineMs,
      sslId: tls.sslId,
      peerAddress: context.peerAddress
    }
    const keep = (checks: ClientChecks): Plan => {
      const plan = { settings, checks, last: undefined }
      if (!checks.isWhole) return plan // the issuer may be known by the next request
      plans.set(client, plan)
      tls.dependOn(checks.checks.map(({ certificate }) => certificate))
      return plan
    }
    const checks = clientChecks(client, settings.ssl_ocsp, terms, findPath)
    return checks instanceof Promise ? checks.then(keep) : keep(checks)
  }

  return (context, tls, client, settings) => {
    const plan = planFor(context, tls, client, settings)
    return plan instanceof Promise ? plan.then(made => ask(context, made)) : ask(context, plan)
  }
}

interface Plan {
  readonly settings: OcspStapling
  readonly checks: ClientChecks
  /** The newest status; good for as long as memory gives the same verdicts. */
  last: { readonly verdicts: readonly ClientVerdict[], readonly decisions: readonly ClientDecision[], readonly status: ClientStatus } | undefined
}

function statusOf (plan: Plan, verdicts: readonly ClientVerdict[], decisions: readonly ClientDecision[]): ClientStatus {
  const { last } = plan
  if (last !== undefined && isSame(last.verdicts, verdicts) && isSame(last.decisions, decisions)) return last.status
  plan.last = { verdicts, decisions, status: clientStatus(verdicts, decisions) }
  return plan.last.status
}

function isSame<Member> (one: readonly Member[], other: readonly Member[]): boolean {
  return one.length === other.length && one.every((member, at) => member === other[at])
}

// Beside what is known of the rest: an intermediate that nobody can look at must not read as one that is fine.
const issuerMissing: ClientVerdict = { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'issuer certificate not found' }

function areKnown (verdicts: ReadonlyArray<ClientVerdict | Promise<ClientVerdict>>): verdicts is readonly ClientVerdict[] {
  return verdicts.every(verdict => !('then' in verdict))
}
