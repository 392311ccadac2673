import { createAuthority, type Authority, type CertificateOptions, type Issued } from '../../support/pki.ts'
import { createKey } from '../../support/signing.ts'
import { dayMs, hourMs, nowMs } from '../world.ts'

const plainDelegates = {
  delegate: {},
  noEku: { extendedKeyUsages: [] },
  anyEku: { extendedKeyUsages: ['any'] },
  expired: { notBeforeMs: nowMs - 2 * dayMs, notAfterMs: nowMs - dayMs },
  justExpired: { notBeforeMs: nowMs - 2 * dayMs, notAfterMs: nowMs - 120_000 },
  notYetValid: { notBeforeMs: nowMs + hourMs },
  isCa: { isCa: true, keyUsage: ['keyCertSign', 'digitalSignature'] },
  encipherment: { keyUsage: ['keyEncipherment'] },
  unknownCritical: { unknownCritical: true },
  noNocheck: { ocspNoCheck: false },
  p384: { key: 'p384' },
  ed25519: { key: 'ed25519' },
  p224: { key: 'p224' },
  rsa1024: { key: 'rsa1024' }
} as const satisfies Record<string, CertificateOptions>

export type SignerName = keyof typeof plainDelegates |
  'issuer' | 'leaf' | 'server' | 'namesake' | 'namesakeDelegate' | 'foreignDelegate' | 'rootDelegate' | 'selfMade' | 'configured' | 'sha1Delegate'

/** An authority below a root, a leaf of it, and everybody who ever signed an answer about it. */
export interface Cast {
  readonly root: Authority
  readonly authority: Authority
  readonly namesake: Authority
  readonly leaf: Issued
  readonly sibling: Issued
  readonly signers: Readonly<Record<SignerName, Issued>>
}

export function createCast (kind: 'ec' | 'rsa'): Cast {
  const key = kind === 'rsa' ? createKey('rsa') : 'ec'
  const root = createAuthority({ name: `${kind} root` })
  const authority = createAuthority({ name: `${kind} CA`, parent: root, key })
  const namesake = createAuthority({ name: `${kind} CA`, key: kind === 'rsa' ? createKey('rsa') : 'ec' })
  const leaf = authority.issue({ sans: ['leaf.test'], serial: '4a00112233445566778899aabbccddee' })
  const delegates = Object.fromEntries(Object.entries<CertificateOptions>(plainDelegates).map(([name, options]) => [name, authority.issueDelegate(options)])) as Record<keyof typeof plainDelegates, Issued>
  return {
    root,
    authority,
    namesake,
    leaf,
    sibling: authority.issue({ sans: ['sibling.test'] }),
    signers: {
      ...delegates,
      issuer: authority,
      leaf,
      server: authority.issue({ sans: ['server.test'] }),
      namesake,
      namesakeDelegate: namesake.issueDelegate(),
      foreignDelegate: createAuthority({ name: 'foreign CA' }).issueDelegate(),
      rootDelegate: root.issueDelegate(),
      selfMade: createAuthority({ name: 'Test OCSP delegate' }),
      configured: createAuthority({ name: 'listed responder' }),
      sha1Delegate: authority.issueDelegate({ signing: { hash: 'sha1' } })
    }
  }
}
