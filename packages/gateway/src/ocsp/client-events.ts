import type { OcspErrorCode } from '@clinch/ocsp-core'
import { failureText, Throttle } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { ClientOutcome } from './client-outcome.ts'
import { responderHost, type ClientQuestion } from './client-question.ts'
import type { Settled } from './client-verdicts.ts'
import { statusLine } from './failure-line.ts'

export interface ClientEventsOptions {
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

const minuteMs = 60_000
const maxResponders = 1000
const maxCertificates = 10_000

/**
 * What the log says of asking about clients (ocsp.md 10.3, column Log): an outage once a minute for each responder; what looks
 * like a forgery as an error; that there is nobody to ask once for each issuer; a failure that goes on once an hour for each
 * certificate. One agent tells it for the whole machine; refused requests are told of where they are refused.
 */
export class ClientEvents {
  readonly #log: Logger
  readonly #outages: Throttle
  readonly #failures: Throttle
  readonly #issuers: Throttle

  constructor ({ log, now }: ClientEventsOptions) {
    this.#log = log
    this.#outages = new Throttle({ intervalMs: minuteMs, maxKeys: maxResponders, now })
    this.#failures = new Throttle({ intervalMs: 60 * minuteMs, maxKeys: maxCertificates, now })
    this.#issuers = new Throttle({ intervalMs: Infinity, maxKeys: maxResponders, now })
  }

  /** What came of asking, and what is made of it. */
  settled (question: ClientQuestion, outcome: ClientOutcome, { answer: { verdict }, turn, result }: Settled): void {
    const facts = factsOf(question, outcome)
    if (turn === 'revoked') this.#log.warn(facts, 'client certificate is revoked')
    if (turn === 'lifted') this.#log.info(facts, 'client certificate is no longer on hold')
    switch (verdict.kind) {
      case 'good':
      case 'revoked': return this.#log.debug({ ...facts, ...(result === 'fail' ? failureOf(outcome) : {}) }, result === 'fail' ? 'client status not confirmed, what is known stands' : 'client status known')
      case 'unknown': return this.#tellOnceAnHour('warn', facts, 'unknown', statusLine('unknown'))
      case 'notApplicable': return this.#nobodyToAsk(question, facts, verdict.reason)
      case 'indeterminate': return this.#failed({ ...facts, code: verdict.code, detail: verdict.detail }, verdict.code)
    }
  }

  #failed (facts: Facts, code: string): void {
    switch (treatmentOf(code)) {
      case 'outage': {
        const skipped = this.#outages.pass(facts.responder ?? '')
        if (skipped !== undefined) this.#log.warn({ ...facts, failuresBefore: skipped }, failureText(code))
        return
      }
      case 'warning': return this.#tellOnceAnHour('warn', facts, code, failureText(code))
      case 'forgery': return this.#tellOnceAnHour('error', facts, code, failureText(code))
    }
  }

  #nobodyToAsk ({ issuer }: ClientQuestion, facts: Facts, reason: string): void {
    const isNews = reason === 'noResponder' && this.#issuers.pass(issuer.fingerprint) !== undefined
    const line = reason === 'noResponder' ? 'failed to get ocsp responder: cert not contains authority_information_access extension' : 'no client cert ocsp verify required'
    this.#log[isNews ? 'info' : 'debug']({ ...facts, issuer: issuer.fingerprint, reason }, line)
  }

  #tellOnceAnHour (level: 'warn' | 'error', facts: Facts, code: string, line: string): void {
    const skipped = this.#failures.pass(`${facts.fingerprint} ${code}`)
    if (skipped !== undefined) this.#log[level]({ ...facts, failuresBefore: skipped }, line)
  }
}

interface Facts extends Readonly<Record<string, unknown>> {
  readonly fingerprint: string
  readonly responder: string | undefined
}

function factsOf ({ certificate, responder, sslId }: ClientQuestion, outcome: ClientOutcome): Facts {
  const decided = outcome.kind === 'verified' || outcome.kind === 'byCrl' ? outcome : undefined
  const asked = 'responder' in outcome ? outcome.responder : undefined
  return { fingerprint: certificate.fingerprint, sslId, source: decided?.verdict.source, responder: responderHost(asked ?? responder ?? certificate.ocspUris[0]) }
}

function failureOf (outcome: ClientOutcome): { readonly code: string, readonly detail?: string } {
  return outcome.kind === 'indeterminate' ? { code: outcome.code, detail: outcome.detail } : { code: outcome.kind }
}

type Treatment = 'outage' | 'warning' | 'forgery'

// What is wrong with a CRL its keeper tells of.
function treatmentOf (code: string): Treatment {
  if (code in treatments) return treatments[code as OcspErrorCode]
  return code === 'CRL_ERR_URL_REFUSED' ? 'warning' : 'outage'
}

// Rows 6 and 15 are outages, 7, 9 and 10 warnings, 8 may be forgeries. The issuer that is missing (13) is told of with the request.
const treatments = {
  OCSP_ERR_RESPONDER_DNS: 'outage',
  OCSP_ERR_RESPONDER_CONNECT: 'outage',
  OCSP_ERR_RESPONDER_TLS: 'outage',
  OCSP_ERR_RESPONDER_TIMEOUT: 'outage',
  OCSP_ERR_RESPONDER_SUSPENDED: 'outage',
  OCSP_ERR_HTTP_STATUS: 'outage',
  OCSP_ERR_CONTENT_TYPE: 'outage',
  OCSP_ERR_CONTENT_ENCODING: 'outage',
  OCSP_ERR_BODY_INCOMPLETE: 'outage',
  OCSP_ERR_OVERLOADED: 'outage',
  OCSP_ERR_STATUS_MALFORMED_REQUEST: 'warning',
  OCSP_ERR_STATUS_INTERNAL_ERROR: 'warning',
  OCSP_ERR_STATUS_TRY_LATER: 'warning',
  OCSP_ERR_STATUS_SIG_REQUIRED: 'warning',
  OCSP_ERR_STATUS_UNAUTHORIZED: 'warning',
  OCSP_ERR_EXPIRED: 'warning',
  OCSP_ERR_NOT_YET_VALID: 'warning',
  OCSP_ERR_TOO_OLD: 'warning',
  OCSP_ERR_URL_REFUSED: 'warning',
  OCSP_ERR_ISSUER_NOT_FOUND: 'warning',
  OCSP_ERR_TOO_LARGE: 'forgery',
  OCSP_ERR_MALFORMED: 'forgery',
  OCSP_ERR_SIGNATURE_ALGORITHM: 'forgery',
  OCSP_ERR_SIGNATURE_INVALID: 'forgery',
  OCSP_ERR_SIGNER_NOT_FOUND: 'forgery',
  OCSP_ERR_SIGNER_NOT_AUTHORIZED: 'forgery',
  OCSP_ERR_CRITICAL_EXTENSION: 'forgery',
  OCSP_ERR_NONCE_MISMATCH: 'forgery',
  OCSP_ERR_NONCE_MISSING: 'forgery',
  OCSP_ERR_CERT_ID_NOT_FOUND: 'forgery',
  OCSP_ERR_NEXT_UPDATE_MISSING: 'forgery',
  OCSP_ERR_TIME_ORDER: 'forgery'
} as const satisfies Record<OcspErrorCode, Treatment>
