import { judgeStaple } from '@clinch/ocsp-core'

/** A verified response, or one that `skip_verify` let through, in the window in which it may be sent. */
export interface Staple {
  readonly der: Buffer
  readonly thisUpdateMs: number
  readonly usableEndMs: number
}

/** The certificate of one ssl resource: the same certificate may be stapled under other rules elsewhere. */
export function stapleIdOf (sslId: string, certificateFingerprint: string): string {
  return `${sslId}/${certificateFingerprint}`
}

/** A response above this is not worth what it costs every handshake (ocsp.md 9.1 rule 8). */
export const maxStapleBytes = 16 * 1024

/**
 * What this worker holds for each certificate. Filled by the OCSP agent; read by handshakes, which are answered from
 * memory. The one exception is bounded: while nothing was ever heard of a certificate, its very first fetch is in
 * flight, and a handshake waits for it up to `firstStapleWaitMs` (ocsp.md 9.1 rule 1).
 */
export class StapleTable {
  readonly #states = new Map<string, Staple | 'bare'>()
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #now: () => number
  readonly #firstStapleWaitMs: number
  readonly #skewMs: number

  constructor (options: { now: () => number, firstStapleWaitMs: number, skewMs: number }) {
    this.#now = options.now
    this.#firstStapleWaitMs = options.firstStapleWaitMs
    this.#skewMs = options.skewMs
  }

  hold (id: string, staple: Staple): void {
    this.#states.set(id, staple.der.length <= maxStapleBytes ? staple : 'bare')
    this.#wake(id)
  }

  /** There is nothing to send, and nobody shall wait for it. */
  holdNothing (id: string): void {
    this.#states.set(id, 'bare')
    this.#wake(id)
  }

  forget (id: string): void {
    this.#states.delete(id)
    this.#wake(id)
  }

  /** The staple to send now: at once when anything is known of the certificate. */
  take (id: string): Buffer | undefined | Promise<Buffer | undefined> {
    const state = this.#states.get(id)
    if (state === undefined && this.#firstStapleWaitMs > 0) return this.#waitFor(id)
    return this.#usable(state)
  }

  #usable (state: Staple | 'bare' | undefined): Buffer | undefined {
    if (state === undefined || state === 'bare') return undefined
    return judgeStaple(state, this.#now(), this.#skewMs).kind === 'usable' ? state.der : undefined
  }

  #waitFor (id: string): Promise<Buffer | undefined> {
    return new Promise(resolve => {
      const waiting = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, waiting)
      const settle = () => {
        clearTimeout(timer)
        waiting.delete(settle)
        if (waiting.size === 0) this.#waiting.delete(id)
        resolve(this.#usable(this.#states.get(id)))
      }
      const timer = setTimeout(settle, this.#firstStapleWaitMs)
      waiting.add(settle)
    })
  }

  #wake (id: string): void {
    for (const settle of [...this.#waiting.get(id) ?? []]) settle()
  }
}
