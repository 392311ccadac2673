import t from 'tap'
import { explainResponse, type ExplainedStep, readUnverified, staplePolicy } from '@clinch/ocsp-core'
import { buildRefusal, type ResponseSpec } from '../support/ocsp-response.ts'
import { createWorld, hourMs, minuteMs, nowMs } from './world.ts'

const { ca, leaf, entry, response } = createWorld()
const pair = { certificate: leaf.certificate, issuer: ca.certificate, nowMs }
const explain = (der: Buffer): readonly ExplainedStep[] => explainResponse({ ...pair, der, policy: staplePolicy })
const outcomes = (der: Buffer): string => explain(der).map(({ outcome }) => outcome[0]).join('')

t.test('each rule passes for a good response, and the last one names the verdict', t => {
  const steps = explain(response())
  t.same(steps.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  t.equal(outcomes(response()), 'ppppppppppp')
  t.match(steps.at(-1), { rule: /strictest/, detail: 'good', source: 'RFC 6960 2.2' })
  t.end()
})

t.test('the first rule that fails has code and detail, and the rest is not reached', t => {
  const cases: [string, Buffer | Partial<ResponseSpec>, string][] = [
    ['fnnnnnnnnnn', Buffer.from('garbage'), 'OCSP_ERR_MALFORMED'],
    ['pfnnnnnnnnn', buildRefusal(3), 'OCSP_ERR_STATUS_TRY_LATER'],
    ['ppfnnnnnnnn', { signing: { hash: 'sha1' } }, 'OCSP_ERR_SIGNATURE_ALGORITHM'],
    ['pppfnnnnnnn', { certs: [] }, 'OCSP_ERR_SIGNER_NOT_FOUND'],
    ['ppppfnnnnnn', { signature: () => Buffer.from('no') }, 'OCSP_ERR_SIGNATURE_INVALID'],
    ['pppppfnnnnn', { signer: leaf, certs: [leaf.certDer] }, 'OCSP_ERR_SIGNER_NOT_AUTHORIZED'],
    ['ppppppppfnn', { entries: [entry({ certificate: ca.issue().certificate })] }, 'OCSP_ERR_CERT_ID_NOT_FOUND'],
    ['pppppppppfn', { entries: [entry({ nextUpdate: null })] }, 'OCSP_ERR_NEXT_UPDATE_MISSING']
  ]
  for (const [expected, input, code] of cases) {
    const der = Buffer.isBuffer(input) ? input : response(input)
    t.equal(outcomes(der), expected, code)
    t.match(explain(der).find(({ outcome }) => outcome === 'failed'), { code, detail: String })
  }
  t.match(explain(response({ signer: leaf, certs: [leaf.certDer] }))[5]?.detail, /\(eku\)/)
  t.end()
})

t.test('read without verifying, any status and any signer will do', t => {
  const read = (changes: Partial<ResponseSpec>): unknown => readUnverified({ ...pair, der: response(changes), skewMs: 300_000 })
  for (const status of ['good', 'revoked', 'unknown'] as const) {
    t.match(read({ signature: () => Buffer.from('no'), entries: [entry({ status })] }), {
      kind: 'unverified', status, thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + hourMs, producedAtMs: nowMs - hourMs, usableEndMs: nowMs + hourMs
    })
  }
  t.end()
})

t.test('read without verifying, it must still be a successful response about this certificate, in time', t => {
  const read = (der: Buffer): unknown => readUnverified({ ...pair, der, skewMs: 300_000 })
  t.match(read(Buffer.from('garbage')), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED' })
  t.match(read(Buffer.alloc(70_000)), { kind: 'indeterminate', code: 'OCSP_ERR_TOO_LARGE' })
  t.match(read(buildRefusal(6)), { kind: 'indeterminate', code: 'OCSP_ERR_STATUS_UNAUTHORIZED' })
  t.match(read(response({ entries: [entry({ certificate: ca.issue().certificate })] })), { kind: 'indeterminate', code: 'OCSP_ERR_CERT_ID_NOT_FOUND' })
  t.match(read(response({ entries: [entry({ nextUpdate: nowMs - 10 * minuteMs })] })), { kind: 'indeterminate', code: 'OCSP_ERR_EXPIRED' })
  t.match(read(response({ entries: [entry({ nextUpdate: nowMs + 1e12 })] })), { kind: 'unverified', usableEndMs: nowMs - hourMs + 10 * 24 * hourMs })
  t.end()
})
