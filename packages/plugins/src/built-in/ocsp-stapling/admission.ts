import type { PluginHost } from '../../contract/host.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import { createFieldMatcher } from '../../header/field-matcher.ts'
import type { OcspAttr } from './attr.ts'
import { createClientCheck, type Checked } from './check-client.ts'
import { createPathFinder } from './client-path.ts'
import { notChecked } from './client-status.ts'
import { createForwarding, forwardedFields } from './forward-certificate.ts'
import type { RouteConf } from './route-conf.ts'
import { ocspStaplingOf } from './ssl-settings.ts'
import { noteStatus } from './status-variables.ts'

/**
 * The check of data-plane.md 2.9 on every request: skipped where nothing asks for it. An error of the OCSP service is
 * thrown on and refuses too. Of those who pass the upstream is told, where the route wants it.
 */
export function createAdmission (conf: RouteConf, host: PluginHost<OcspAttr>): (context: RequestContext) => PhaseResult | Promise<PhaseResult> {
  const findPath = createPathFinder(host.ocsp)
  const check = createClientCheck(conf, host, findPath)
  const answers = { rejected: refusal(conf.rejected_code), unavailable: refusal(conf.unavailable_code, retryAfter) }
  const { forward_client_cert: what } = conf
  const forward = what === 'off' ? () => CONTINUE : createForwarding(what, findPath, host.ocsp)
  const mustClear = what !== 'off' && !host.attr.strip_client_cert_fields // else no client gets that far with them
  let hasWarned = false

  function conclude (context: RequestContext, client: ClientCertificate, { decision, status }: Checked): PhaseResult | Promise<PhaseResult> {
    noteStatus(context, status)
    return decision === 'pass' || decision === 'doubtful' ? forward(context, client, status) : answers[decision]
  }

  return context => {
    const { tls } = context
    if (mustClear) context.upstream.headers.deleteWhere(isForwarded)
    if (tls === undefined) return CONTINUE
    if (tls.ssl.client === undefined) {
      if (!hasWarned) host.log.warn({ sslId: tls.sslId }, 'the route checks client certificates but the ssl has no client.ca')
      hasWarned = true
      return CONTINUE
    }
    const { client } = tls
    const settings = ocspStaplingOf(tls.ssl)
    if (settings === undefined || settings.ssl_ocsp === 'off' || client?.verify !== 'SUCCESS') {
      if (host.log.isLevelEnabled('debug')) host.log.debug({ reqId: context.id, sslId: tls.sslId }, 'no client cert ocsp verify required')
      return client?.verify === 'SUCCESS' ? conclude(context, client, unasked) : CONTINUE
    }
    const checked = check(context, tls, client, settings)
    return checked instanceof Promise ? checked.then(late => conclude(context, client, late)) : conclude(context, client, checked)
  }
}

const unasked: Checked = { decision: 'pass', status: notChecked }
const isForwarded = createFieldMatcher(forwardedFields)
// As long as the service keeps an indeterminate result before it asks again (ocsp.md 8.2).
const retryAfter = { 'Retry-After': '30' }
// Internal: goes out as HTTP 400 with the page `The SSL certificate error`.
const certificateError = 495

function refusal (code: number, headers: Readonly<Record<string, string>> = {}): PhaseResult {
  if (code === 400) return Object.freeze({ kind: 'respond', response: { status: certificateError } })
  return Object.freeze({ kind: 'respond', response: code === 503 ? { status: code, headers } : { status: code } })
}
