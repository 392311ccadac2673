import type { Test } from 'tap'
import { type AskAnswer, type AskFailure, type AskOptions, buildRequest, createOcspClient, type OcspClient, type OcspClientOptions } from '@clinch/ocsp-core'
import { createOcspResponder, type OcspResponder, type OcspResponderOptions } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'

export const ca = createAuthority({ name: 'Asking CA' })
export const leaf = ca.issue({ sans: ['leaf.test'] })
export const request = buildRequest({ certificate: leaf.certificate, issuer: ca.certificate, hash: 'sha1' })

/** A responder that is closed with the test. */
export async function responderFor (t: Test, options: Partial<OcspResponderOptions> = {}): Promise<OcspResponder> {
  const responder = await createOcspResponder({ authority: ca, ...options })
  t.teardown(async () => await responder.close())
  return responder
}

/** A client that is closed with the test. */
export function clientFor (t: Test, options: Partial<OcspClientOptions> = {}): OcspClient {
  const client = createOcspClient({ deadlineMs: 5000, ...options })
  t.teardown(async () => await client.close())
  return client
}

/** `answer`, or the code without its prefix and the detail. */
export async function told (client: OcspClient, url: string, options: AskOptions = {}): Promise<string> {
  return shortly(await client.ask(url, request, options))
}

export const shortly = (outcome: AskAnswer | AskFailure): string =>
  outcome.kind === 'answer' ? 'answer' : `${outcome.code.replace('OCSP_ERR_', '')}: ${outcome.detail}`

/** As node:https wants them. */
export const tlsFiles = ({ certPem, keyPem }: { certPem: string, keyPem: string }): { cert: string, key: string } => ({ cert: certPem, key: keyPem })
