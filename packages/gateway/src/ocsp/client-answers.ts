import type { Logger } from 'pino'
import type { OcspQuestion, ToWorker } from '../ipc/messages.ts'
import type { ClientChecker } from './client-checker.ts'
import type { ClientAnswer } from './client-question.ts'

const broken: ClientAnswer = { verdict: { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED', detail: 'the check broke' }, untilMs: 0 }

/** Answers what a worker asks. Never throws: a check that breaks is indeterminate, and whoever waits gets an answer. */
export function answerWorker (checker: ClientChecker, log: Logger, question: OcspQuestion, answer: (message: ToWorker) => void): void {
  switch (question.kind) {
    case 'clientCheck': {
      const { requestId } = question.check
      const send = (found: ClientAnswer): void => answer({ kind: 'clientVerdict', requestId, ...found })
      checker.check(question.check).then(send, (err: unknown) => {
        log.error({ err }, 'client certificate check broke')
        send(broken)
      })
      return
    }
    case 'clientIssuerWanted': return answer({ kind: 'clientIssuer', requestId: question.requestId, issuerDer: issuerOf(checker, log, question.certificateDer) })
    case 'clientIssuers': return rememberIssuers(checker, log, question.issuersDer)
    case 'clientsSeen': return checker.see(question.clients)
  }
}

function rememberIssuers (checker: ClientChecker, log: Logger, issuersDer: readonly Uint8Array[]): void {
  try {
    checker.rememberIssuers(issuersDer)
  } catch (err) {
    log.error({ err }, 'issuers of a client certificate not kept')
  }
}

function issuerOf (checker: ClientChecker, log: Logger, certificateDer: Uint8Array): Buffer | undefined {
  try {
    return checker.findIssuer(certificateDer)
  } catch (err) {
    log.error({ err }, 'issuer of a client certificate not looked for')
    return undefined
  }
}
