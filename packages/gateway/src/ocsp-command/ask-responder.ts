import { askStatus, createOcspClient, type OcspClient, respondersFor } from '@clinch/ocsp-core'
import { browserPolicy, judgeResponse } from './judge-response.ts'
import type { Pair } from './pair.ts'
import type { AttemptReport, ResponderReport } from './report/report.ts'

export interface AskingFacts {
  /** In place of those that the certificate names. */
  readonly responder: string | undefined
  readonly timeoutMs: number
  /** PEM, for responders that speak https. */
  readonly anchors: readonly string[]
  readonly now: () => number
}

export interface ResponderFacts {
  readonly report: ResponderReport
  /** What was answered, believed or not. */
  readonly der?: Buffer
}

interface Attempt {
  readonly url: string
  readonly answer: Awaited<ReturnType<OcspClient['ask']>>
}

/** Asks as the gateway asks: SHA-256, then SHA-1, one URI after the other. What comes is judged as a staple is judged. */
export async function askResponder (pair: Pair, { responder, timeoutMs, anchors, now }: AskingFacts): Promise<ResponderFacts> {
  const client = createOcspClient({ deadlineMs: timeoutMs, ca: anchors })
  const made: Attempt[] = []
  try {
    const responders = respondersFor(pair.certificate, { override: responder })
    const outcome = await askStatus({ ...pair, responders, client: recording(client, made), policy: browserPolicy, now })
    if (outcome.kind === 'notApplicable') return { report: { kind: 'nobody_to_ask', reason: outcome.reason } }
    const { responder: url } = outcome
    const attempts = made.map(attempt => reportAttempt(attempt, pair, now()))
    const der = 'der' in outcome ? outcome.der : lastAnswer(made, url)
    if (der !== undefined && url !== undefined) return { report: { ...judgeResponse(der, pair, now()), url, attempts }, der }
    if (outcome.kind !== 'indeterminate') throw new Error('an answer without octets') // every other outcome carries them
    return { report: { kind: 'failed', code: outcome.code, detail: outcome.detail, ...(url === undefined ? {} : { url }), attempts } }
  } finally {
    await client.close()
  }
}

// askStatus keeps to itself what it does not believe; here it is wanted, to say why.
function recording (client: OcspClient, attempts: Attempt[]): OcspClient {
  return {
    ...client,
    async ask (url, request, options) {
      const answer = await client.ask(url, request, options)
      attempts.push({ url, answer })
      return answer
    }
  }
}

function lastAnswer (attempts: readonly Attempt[], url: string | undefined): Buffer | undefined {
  const answer = attempts.findLast(attempt => attempt.url === url)?.answer
  return answer?.kind === 'answer' ? answer.der : undefined
}

function reportAttempt ({ url, answer }: Attempt, pair: Pair, nowMs: number): AttemptReport {
  if (answer.kind === 'failed') return { url, code: answer.code, detail: answer.detail }
  const judged = judgeResponse(answer.der, pair, nowMs)
  return judged.kind === 'verified' ? { url, status: judged.response.status } : { url, code: judged.code, detail: judged.detail }
}
