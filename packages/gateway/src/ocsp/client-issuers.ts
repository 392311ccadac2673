import { findIssuer, type Certificate } from '@clinch/ocsp-core'
import { LRUCache } from 'lru-cache'

const maxIssuers = 1000

/**
 * The issuers of the clients that came. An intermediate is sent in a full handshake only, and a ticket is good at every
 * worker: what one of them saw is looked up here for the others. One entry a name and key, since OCSP asks for no more
 * of an issuer, and variants of a certificate that a client sends along must not push out others.
 */
export class ClientIssuers {
  readonly #issuers = new LRUCache<string, Certificate>({ max: maxIssuers })

  /** An issuer whose signature on a client's certificate was verified. Gives the one that is kept. */
  remember (issuer: Certificate): Certificate {
    const key = `${issuer.subjectDer.toString('latin1')} ${issuer.publicKeyDer.toString('latin1')}`
    const known = this.#issuers.get(key)
    if (known !== undefined) return known
    this.#issuers.set(key, issuer)
    return issuer
  }

  find (certificate: Certificate): Certificate | undefined {
    const found = findIssuer(certificate, [...this.#issuers.values()])
    return found === undefined ? undefined : this.remember(found)
  }
}
