import type { FoundConsumer, PhaseResponse, PluginPhases } from '@clinch/plugins'
import { fakeRequest, type FakeRequest } from '../support/request-context.ts'
import { responseOf } from './run-plugin.ts'

/** What consumers hold for one auth plugin, by their names. */
export type Held = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface Outcome {
  /** The answer in place of the upstream's, if there is one. */
  readonly response: PhaseResponse | undefined
  readonly consumer: string | undefined
  /** What goes to the upstream. */
  readonly target: string
  readonly fields: readonly string[]
  readonly notes: ReadonlyMap<string | symbol, unknown>
}

/** Runs a request through an auth plugin that knows some consumers. */
export async function askAs ({ rewrite }: PluginPhases, held: Held, request: FakeRequest = {}): Promise<Outcome> {
  let attached: FoundConsumer | undefined
  const consumers = Object.entries(held).map(([username, conf]): FoundConsumer => ({ username, credentialId: undefined, groupId: undefined, labels: {}, conf }))
  const context = fakeRequest({
    consumers: {
      find: (_plugin, attribute, value) => consumers.find(({ conf }) => conf[attribute] === value),
      named: username => consumers.find(consumer => consumer.username === username)
    },
    attachConsumer: consumer => { attached = consumer },
    ...request
  })
  const response = responseOf(await rewrite?.(context))
  return { response, consumer: attached?.username, target: context.upstream.target, fields: context.upstream.headers.raw, notes: context.notes }
}

/** What the upstream got of it, and as whom. */
export function passedOn ({ response, consumer, target, fields }: Outcome) {
  return { status: response?.status, consumer, target, fields }
}

/** A 401 as auth plugins answer it. */
export function unauthorized (challenge: string, message: string): PhaseResponse {
  return { status: 401, headers: { 'WWW-Authenticate': challenge }, body: { message } }
}
