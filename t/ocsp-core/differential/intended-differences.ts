import type { Verdict } from '@clinch/ocsp-core'
import { shortly } from '../world.ts'
import { askedHash, type OpensslVerdict } from './openssl-verdict.ts'
import type { Recipe } from './recipe.ts'

export interface IntendedDifference {
  readonly when: (recipe: Recipe) => boolean
  /** `status` for any verdict at all, else the outcome as `shortly` tells it. */
  readonly ours: string
  readonly openssl: 'accepts' | 'refuses'
  readonly because: string
  readonly source: string
}

/** Where we and `openssl ocsp` part, and why. Each line is needed by some case, and each difference has its line. */
export const intendedDifferences: readonly IntendedDifference[] = [
  // what we refuse and openssl does not
  { when: is('damage', 'trailing', 'indefiniteLength', 'longLength'), ours: 'MALFORMED', openssl: 'accepts', because: 'an OCSPResponse is DER, with nothing behind it; openssl reads BER', source: 'RFC 6960 4.2.1, X.690 10.1' },
  { when: is('version', 'two'), ours: 'MALFORMED', openssl: 'accepts', because: 'there is no other version than v1', source: 'RFC 6960 4.2.1' },
  { when: is('extensions', 'twice'), ours: 'MALFORMED', openssl: 'accepts', because: 'an extension comes once', source: 'RFC 5280 4.2' },
  { when: is('certs', 'nine'), ours: 'MALFORMED', openssl: 'accepts', because: 'more certificates than anybody needs are work for nothing', source: 'ours' },
  { when: is('signing', 'sha1'), ours: 'SIGNATURE_ALGORITHM', openssl: 'accepts', because: 'SHA-1 signatures can be forged; a policy may allow them', source: 'RFC 6960 4.3, ours' },
  { when: is('extensions', 'unknownCritical', 'unknownCriticalInEntry'), ours: 'CRITICAL_EXTENSION', openssl: 'accepts', because: 'a critical extension that is not understood refuses', source: 'RFC 6960 4.4' },
  { when: is('hash', 'md5'), ours: 'CERT_ID_NOT_FOUND', openssl: 'accepts', because: 'a CertID is made with SHA-1 or SHA-2', source: 'RFC 6960 4.1.1, ours' },
  { when: is('times', 'endless'), ours: 'NEXT_UPDATE_MISSING', openssl: 'accepts', because: 'nextUpdate must be there', source: 'RFC 9919 5' },
  { when: is('times', 'producedLater'), ours: 'NOT_YET_VALID', openssl: 'accepts', because: 'what is signed in the future is not signed yet; openssl does not look at producedAt', source: 'RFC 6960 4.2.2.1, ours' },
  { when: is('times', 'producedAfterEnd'), ours: 'TIME_ORDER', openssl: 'accepts', because: 'nobody signs what has ended already; openssl does not look at producedAt', source: 'RFC 6960 4.2.2.1, ours' },
  { when: is('signer', 'isCa'), ours: 'SIGNER_NOT_AUTHORIZED ca', openssl: 'accepts', because: 'a delegate is no CA', source: 'ours' },
  { when: is('signer', 'encipherment'), ours: 'SIGNER_NOT_AUTHORIZED keyUsage', openssl: 'accepts', because: 'a key for encipherment does not sign', source: 'RFC 5280 4.2.1.3, 4.2.1.12' },
  { when: is('signer', 'p224', 'rsa1024'), ours: 'SIGNER_NOT_AUTHORIZED weakKey', openssl: 'accepts', because: 'the key is too weak', source: 'ours' },
  { when: is('signer', 'sha1Delegate'), ours: 'SIGNER_NOT_AUTHORIZED weakKey', openssl: 'accepts', because: 'the delegate itself is vouched for with SHA-1 only', source: 'RFC 6960 4.3, ours' },
  // where both accept and the stricter word counts
  { when: is('neighbours', 'ourRevokedToo'), ours: 'revoked', openssl: 'accepts', because: 'of two entries for one certificate the strictest counts; openssl takes the first', source: 'ours' },
  // what we accept and openssl does not
  { when: recipe => askedHash(recipe) !== recipe.hash, ours: 'status', openssl: 'refuses', because: 'an entry counts by what it is about, whichever hash was asked with', source: 'RFC 9919 3.2.1' },
  { when: is('neighbours', 'foreignBefore'), ours: 'status', openssl: 'refuses', because: 'entries about others are ignored; openssl wants one issuer for all', source: 'RFC 9919 3.2.1' },
  { when: is('signer', 'justExpired'), ours: 'status', openssl: 'refuses', because: 'the skew is granted to the validity of a delegate too', source: 'RFC 9919 5, ours' }
]

function is<K extends keyof Recipe> (name: K, ...values: readonly Recipe[K][]): (recipe: Recipe) => boolean {
  return recipe => values.includes(recipe[name])
}

/** The lines that explain why the two verdicts differ; none means that one side is wrong. */
export function explanations (recipe: Recipe, ours: Verdict, openssl: OpensslVerdict): readonly IntendedDifference[] {
  const accepts = openssl.kind === 'indeterminate' ? 'refuses' : 'accepts'
  return intendedDifferences.filter(line =>
    line.openssl === accepts && line.when(recipe) && (line.ours === 'status' ? ours.kind !== 'indeterminate' : line.ours === shortly(ours)))
}
