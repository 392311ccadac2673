import type { Logger } from 'pino'
import type { FoundConsumer } from '../contract/consumers.ts'
import { CONTINUE, type PhaseResult } from '../contract/phases.ts'
import type { RequestContext } from '../contract/request-context.ts'

export interface AuthGateOptions {
  readonly plugin: string
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string
  readonly anonymousConsumer: string | undefined
  readonly log: Logger
}

export interface AuthFailure {
  /** What the client is told. */
  readonly message: string
  /** What the log is told, where it is more: a constant phrase, and nothing of what the client sent. */
  readonly detail?: string
}

/** How auth plugins end: the request goes on as a consumer, or is answered with 401. */
export interface AuthGate {
  admit (context: RequestContext, consumer: FoundConsumer): PhaseResult
  /** The anonymous consumer may go on all the same. */
  turnAway (context: RequestContext, failure: AuthFailure): PhaseResult
}

export function createAuthGate ({ plugin, challenge, anonymousConsumer, log }: AuthGateOptions): AuthGate {
  const refuse = (message: string): PhaseResult => ({ kind: 'respond', response: { status: 401, headers: { 'WWW-Authenticate': challenge }, body: { message } } })

  function admit (context: RequestContext, consumer: FoundConsumer): PhaseResult {
    context.attachConsumer(consumer)
    return CONTINUE
  }

  return {
    admit,
    turnAway (context, { message, detail }) {
      if (detail !== undefined) log.warn({ reqId: context.id }, detail)
      if (anonymousConsumer === undefined) return refuse(message)
      const anonymous = context.consumers.named(anonymousConsumer)
      if (anonymous !== undefined) return admit(context, anonymous)
      log.error({ reqId: context.id, consumer: anonymousConsumer }, `${plugin} failed to authenticate the request, code: 401. error: failed to get anonymous consumer`)
      return refuse('Invalid user authorization')
    }
  }
}

/** By a credential that was sent; an empty one is nobody's, whatever consumers hold. */
export function findConsumer ({ consumers }: RequestContext, plugin: string, attribute: string, value: string): FoundConsumer | undefined {
  return value === '' ? undefined : consumers.find(plugin, attribute, value)
}
