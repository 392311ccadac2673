import type { Certificate } from './certificate.ts'

/** notBefore and notAfter, both widened by the skew. */
export function isInValidity ({ notBeforeMs, notAfterMs }: Certificate, nowMs: number, skewMs: number): boolean {
  return notBeforeMs <= nowMs + skewMs && nowMs - skewMs <= notAfterMs
}
