import type { Logger } from 'pino'
import type { ClientDisk } from './client-disk.ts'
import { foundOf, type KeptRevocation } from './client-kept.ts'
import type { ClientQuestion } from './client-question.ts'
import { revocationName, type FoundRevocation } from './client-revocation.ts'

export interface ClientRevocationsOptions {
  readonly disk: ClientDisk
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: Logger
  /** One was read and verified again. */
  readonly onFound: (revocation: KeptRevocation) => void
}

/** Keeps the memory of revocations and the disk alike. What the disk does not take is logged and kept in memory. */
export class ClientRevocations {
  readonly #options: ClientRevocationsOptions
  #loading: Promise<void> = Promise.resolve()
  #closed = false

  constructor (options: ClientRevocationsOptions) {
    this.#options = options
  }

  /** Reads all that there is, in the background. */
  start (): void {
    this.#loading = this.#load()
  }

  /** Resolves when all that there is was read. */
  get read (): Promise<void> { return this.#loading }

  /** Reads the one of this certificate, if there is one that was not read yet. */
  async find ({ certificate, issuer }: ClientQuestion): Promise<boolean> {
    const found = await this.#options.disk.take(certificate, issuer)
    if (found !== undefined) this.#options.onFound(keptOf(found))
    return found !== undefined
  }

  save ({ certificate, issuer }: ClientQuestion, der: Buffer): void {
    const { disk, log, now } = this.#options
    const { fingerprint } = certificate
    disk.save({ certificate, issuer, der, verifiedAtMs: now() }).catch((err: unknown) => log.warn({ err, fingerprint }, 'revocation not written to disk'))
  }

  /** @param name - its `revocationName` */
  remove (name: string): void {
    this.#options.disk.remove(name).catch((err: unknown) => this.#options.log.warn({ err }, 'revocation not removed from disk'))
  }

  async close (): Promise<void> {
    this.#closed = true
    await this.#loading
    await this.#options.disk.close()
  }

  async #load (): Promise<void> {
    const { disk, log, onFound } = this.#options
    try {
      for await (const found of disk.takeRest()) {
        onFound(keptOf(found))
        if (this.#closed) return
      }
    } catch (err) {
      log.error({ err }, 'revocations on disk not read')
    }
  }
}

function keptOf ({ revocation: { certificate, issuer, verifiedAtMs }, verdict }: FoundRevocation): KeptRevocation {
  return {
    fingerprint: certificate.fingerprint,
    verdict: foundOf(verdict),
    producedAtMs: verdict.producedAtMs,
    askedOf: undefined,
    sslId: undefined,
    sinceMs: verifiedAtMs,
    checkedAtMs: verifiedAtMs,
    notAfterMs: certificate.notAfterMs,
    name: revocationName(certificate, issuer)
  }
}
