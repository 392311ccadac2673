import type { VariableReader } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientStatus } from './client-status.ts'

const key = Symbol('status of the client certificate')

export function noteStatus (context: RequestContext, status: ClientStatus): void {
  context.notes.set(key, status)
}

/** What was found about the client of a request, after phase `admit` of a route with the plugin; times are epoch seconds. */
export const statusVariables = {
  ocsp_client_status: context => statusOf(context)?.word,
  ocsp_client_reason: context => statusOf(context)?.reason,
  ocsp_client_source: context => statusOf(context)?.source,
  ocsp_client_checked: context => statusOf(context)?.checked,
  ocsp_client_next: context => statusOf(context)?.next
} as const satisfies Readonly<Record<`ocsp_client_${string}`, VariableReader>>

function statusOf (context: RequestContext): ClientStatus | undefined {
  return context.notes.get(key) as ClientStatus | undefined // nobody else has the key
}
