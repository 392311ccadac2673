import { crlDersOf, crlErrors, judgeByCrl, readCrl } from '@clinch/ocsp-core'
import { buildCrl, type CrlSpec } from '../../t/support/crl.ts'
import { createFuzzWorld, leafSerial, nowMs } from './corpus.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

const hourMs = 3_600_000

/** CRLs damaged on their way: read only if somebody signed that, and said of the leaf only what that says. */
export function createCrlTarget (): FuzzTarget {
  const { authority, leaf } = createFuzzWorld()
  const times = { thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + hourMs }
  const listed = [{ serial: '01', revokedAtMs: nowMs }, { serial: leafSerial, revokedAtMs: nowMs, reason: 1 }]
  const specs: (CrlSpec & { readonly says: 'revoked' | 'unlisted' })[] = [
    { says: 'unlisted' },
    { says: 'revoked', entries: listed, number: 7 },
    { says: 'revoked', entries: listed, version: 1 },
    { says: 'unlisted', entries: [{ serial: '7fff', revokedAtMs: nowMs, reason: 6 }], scope: { only: 'user', reasons: [1, 2] } },
    { says: 'revoked', entries: [{ serial: leafSerial, revokedAtMs: nowMs, certificateIssuer: authority.certificate.subjectDer }], scope: { isIndirect: true, point: ['http://crl.test/ca.crl'] } }
  ]
  const samples = specs.map(({ says, ...spec }) => {
    let signedPart = Buffer.alloc(0)
    const der = buildCrl(authority, { ...times, ...spec, beforeSigning: tbs => { signedPart = Buffer.from(tbs); return tbs } })
    return { says, der, signedPart }
  })
  const ders = samples.map(({ der }) => der)

  const judge = (input: Buffer): string | undefined => {
    for (const der of [input, ...crlDersOf(input)]) {
      const reading = readCrl({ der, issuer: authority.certificate, crlIssuers: [leaf.certificate], nowMs, policy: { skewMs: 0 } })
      if (reading.kind === 'failed') {
        if (!(reading.code in crlErrors)) return `an unknown code: ${reading.code}`
        continue
      }
      const sample = samples.find(({ signedPart }) => der.includes(signedPart))
      if (sample === undefined) return 'read, and nobody signed that'
      const { certificate } = leaf
      const judged = judgeByCrl({ certificate, crl: reading.crl, points: certificate.crlPoints, nowMs, policy: { skewMs: 0 } })
      if (judged.kind !== sample.says) return `${judged.kind}, and what was signed says ${sample.says}`
    }
    return undefined
  }
  return { name: 'crl', sideBySide: 1, invent: random => mutate(random.pick(ders), ders, random), judge, close: async () => {} }
}
