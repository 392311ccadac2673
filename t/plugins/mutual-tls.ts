import type { ClientCheck, ClientVerdict, TlsFacts } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import { createAuthority } from '../support/pki.ts'
import { fakeRequest } from '../support/request-context.ts'
import { responseOf, runPlugin, type Surroundings } from './run-plugin.ts'

export const root = createAuthority({ name: 'Root' })
export const middle = createAuthority({ name: 'Middle', parent: root })
export const leaf = middle.issue({ subject: 'CN of a person', ocspUris: ['http://ocsp.ca.test:8888/path?secret'] })
export const issuers = [root.certificate, middle.certificate]

export const nowMs = Date.UTC(2026, 6, 1)
const hourMs = 3_600_000
export const dayMs = 24 * hourMs
const route = { id: 'r1', uri: '/' } as unknown as Route

export const settings = { enabled: false, skip_verify: false, ssl_stapling_responder: '', ssl_ocsp: 'leaf', ssl_ocsp_responder: '', cache_ttl: 3600, must_staple: 'serve' }
export const verified = { verify: 'SUCCESS', certificate: leaf.certificate, issuers } as const

/** A request over a connection whose client showed `leaf`, checked unless told otherwise. */
export function mutualTls (change: { ssl?: object, client?: TlsFacts['client'] | undefined, fields?: readonly string[], dependOn?: TlsFacts['dependOn'] } = {}) {
  const ssl = { client: { ca: 'pem', depth: 1 }, ocsp_stapling: settings, ...change.ssl }
  const client = 'client' in change ? change.client : verified
  const tls = { sni: 'a.test', protocol: 'TLSv1.3', cipher: 'x', resumed: false, sslId: 'ssl1', ssl, client, dependOn: change.dependOn ?? (() => {}) } as unknown as TlsFacts
  return fakeRequest({ tls, route, ...(change.fields === undefined ? {} : { fields: change.fields }) })
}

type Found = Extract<ClientVerdict, { readonly source: unknown }>
export const good: Found = { kind: 'good', source: 'ocsp', thisUpdateMs: nowMs - hourMs, usableEndMs: nowMs + hourMs }
export const revoked: Found = { ...good, kind: 'revoked' }
export const unknown: Found = { ...good, kind: 'unknown' }
export const indeterminate = (name: string): ClientVerdict => ({ kind: 'indeterminate', code: `OCSP_ERR_${name}`, detail: 'more of it' })
export const notApplicable = (reason: 'noRevAvail' | 'nocheck' | 'trustAnchor' | 'noResponder'): ClientVerdict => ({ kind: 'notApplicable', reason })

/** Asks one instance of the plugin about requests: `pass`, or the status it answers with. */
export async function admitWith (conf: object, verdict: ClientVerdict | ((check: ClientCheck) => ClientVerdict | Promise<ClientVerdict>), surroundings: Surroundings = {}) {
  const checkClient = typeof verdict === 'function' ? verdict : () => verdict
  const { admit } = await runPlugin('ocsp-stapling', conf, { now: () => nowMs, checkClient, ...surroundings })
  return async (request = mutualTls()) => responseOf(await admit?.(request))?.status ?? 'pass'
}
