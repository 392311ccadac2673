import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leaves } from './pki.ts'

/** What stands in the demo's folder. `made` names the responder that its certificates carry. */
export type PkiState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'made', readonly ocspUrl: string }

/** Looks at the demo's folder as it is at an instant, epoch milliseconds. */
export function inspectPki (folder: string, nowMs: number): PkiState {
  const files = ['root-ca.crt', 'intermediate-ca.crt', 'client-ca.pem', 'index.txt', ...leaves.flatMap(({ name }) => [`${name}.crt`, `${name}.key`])]
  if (!files.every(file => existsSync(join(folder, file)))) return { kind: 'absent' }
  const certificates = leaves.map(({ name }) => new X509Certificate(readFileSync(join(folder, `${name}.crt`))))
  if (certificates.some(({ validTo }) => Date.parse(validTo) <= nowMs)) return { kind: 'expired' }
  const ocspUrl = /OCSP - URI:(http:\S+)/.exec(certificates[0]?.infoAccess ?? '')?.[1]
  return ocspUrl === undefined ? { kind: 'absent' } : { kind: 'made', ocspUrl }
}
