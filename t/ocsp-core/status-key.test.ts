import t from 'tap'
import { clientCheckPolicy, staplePolicy, statusKey, type VerifyPolicy } from '@clinch/ocsp-core'
import { createAuthority } from '../support/pki.ts'

const ca = createAuthority({ name: 'Key CA' })
const other = createAuthority({ name: 'Key CA' })
const { certificate } = ca.issue({ serial: '0102' })
const key = (policy: Partial<VerifyPolicy> = {}): string => statusKey(certificate, ca.certificate, { ...staplePolicy, ...policy })

t.test('the key of a status is fit for a file name and always the same', t => {
  t.match(key(), /^[0-9a-f]{64}$/)
  t.equal(key(), key())
  t.end()
})

t.test('it depends on name, key and serial', t => {
  t.not(key(), statusKey(ca.issue().certificate, ca.certificate, staplePolicy))
  t.not(key(), statusKey(certificate, other.certificate, staplePolicy), 'a namesake')
  t.not(key(), statusKey(createAuthority({ name: 'Other' }).issue({ serial: '0102' }).certificate, ca.certificate, staplePolicy))
  t.end()
})

t.test('it depends on what of the policy decides trust, and on nothing else', t => {
  const [a, b] = [other.certificate, certificate]
  for (const policy of [{ allowSha1Signatures: true }, { delegateRevocation: 'strict' }, { withoutNextUpdateTtlMs: 1 }, { trustedResponders: [a] }] as const) {
    t.not(key(policy), key(), JSON.stringify(Object.keys(policy)))
  }
  t.equal(key({ trustedResponders: [a, b] }), key({ trustedResponders: [b, a] }))
  t.equal(key({ skewMs: 0, maxAgeMs: 1, nonce: 'required' }), key())
  t.equal(statusKey(certificate, ca.certificate, clientCheckPolicy), key())
  t.end()
})
