import { decideStaple, type Held, type NothingHeld, type StapleCircumstances, type StapleDecision } from './decide-staple.ts'

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

type State = { readonly kind: 'staple', readonly staple: Staple } | { readonly kind: 'nothing', readonly reason: NothingHeld }

/** What a handshake is given: a staple or none, or that it must not go on. */
export type TakenStaple = { readonly der: Buffer | undefined, readonly decision: StapleDecision }

/**
 * What this worker holds for each certificate. Filled by the OCSP agent; read by handshakes, which are answered from
 * memory. The one exception is bounded: while nothing was ever heard of a certificate, its very first fetch is in
 * flight, and handshakes wait for it, all of them together no longer than `firstStapleWaitMs` after the first asked
 * (ocsp.md 9.1 rule 1). After that a responder that hangs delays nobody.
 */
export class StapleTable {
  readonly #states = new Map<string, State>()
  readonly #waiting = new Map<string, Set<() => void>>()
  /** Until when handshakes wait for a first fetch, epoch milliseconds. */
  readonly #waitUntil = new Map<string, number>()
  readonly #now: () => number
  #firstStapleWaitMs: number
  #skewMs: number

  constructor (options: { now: () => number, firstStapleWaitMs: number, skewMs: number }) {
    this.#now = options.now
    this.#firstStapleWaitMs = options.firstStapleWaitMs
    this.#skewMs = options.skewMs
  }

  /** From the next handshake on; what is held stays. */
  use ({ firstStapleWaitMs, skewMs }: { firstStapleWaitMs: number, skewMs: number }): void {
    this.#firstStapleWaitMs = firstStapleWaitMs
    this.#skewMs = skewMs
  }

  hold (id: string, staple: Staple): void {
    this.#set(id, staple.der.length <= maxStapleBytes ? { kind: 'staple', staple } : { kind: 'nothing', reason: 'failing' })
  }

  /** There is nothing to send, and nobody shall wait for it. */
  holdNothing (id: string, reason: NothingHeld): void {
    this.#set(id, { kind: 'nothing', reason })
  }

  forget (id: string): void {
    this.#states.delete(id)
    this.#waitUntil.delete(id)
    this.#wake(id)
  }

  /** For a full handshake that asked for a staple: at once when anything is known of the certificate. */
  take (id: string, mustStaple: StapleCircumstances['mustStaple']): TakenStaple | Promise<TakenStaple> {
    const taken = this.#decide(id, mustStaple, this.#mayWait(id))
    return taken.decision.kind === 'wait' ? this.#waitFor(id, mustStaple) : taken
  }

  /** Whether a handshake that asks now would get a staple, or may wait for one. */
  hasPromise (id: string): boolean {
    const { kind } = this.#decide(id, 'no', this.#mayWait(id)).decision
    return kind === 'send' || kind === 'wait'
  }

  hasStaple (id: string): boolean {
    return this.#decide(id, 'no', false).decision.kind === 'send'
  }

  /** Resolves when something is known of the certificate: a staple, or that there is none. */
  async settled (id: string): Promise<void> {
    if (this.#states.has(id)) return
    await new Promise<void>(resolve => this.#waitersOf(id).add(resolve))
  }

  /** Resolves when there is a staple that may be sent. */
  async stapled (id: string): Promise<void> {
    while (!this.hasStaple(id)) await new Promise<void>(resolve => this.#waitersOf(id).add(resolve))
  }

  #decide (id: string, mustStaple: StapleCircumstances['mustStaple'], mayWait: boolean): TakenStaple {
    const state = this.#states.get(id)
    const held: Held = state === undefined ? { kind: 'pending' } : state.kind === 'nothing' ? state : { kind: 'staple', window: state.staple }
    const decision = decideStaple({ asked: true, resumed: false, held, mustStaple, mayWait, nowMs: this.#now(), skewMs: this.#skewMs })
    return { der: decision.kind === 'send' && state?.kind === 'staple' ? state.staple.der : undefined, decision }
  }

  #mayWait (id: string): boolean {
    if (this.#firstStapleWaitMs === 0 || this.#states.has(id)) return false
    const until = this.#waitUntil.get(id) ?? this.#now() + this.#firstStapleWaitMs
    this.#waitUntil.set(id, until)
    return this.#now() < until
  }

  async #waitFor (id: string, mustStaple: StapleCircumstances['mustStaple']): Promise<TakenStaple> {
    const leftMs = (this.#waitUntil.get(id) ?? 0) - this.#now()
    await new Promise<void>(resolve => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiting.get(id)?.delete(settle)
        resolve()
      }
      const timer = setTimeout(settle, leftMs)
      this.#waitersOf(id).add(settle)
    })
    return this.#decide(id, mustStaple, false)
  }

  #set (id: string, state: State): void {
    this.#states.set(id, state)
    this.#waitUntil.delete(id)
    this.#wake(id)
  }

  #waitersOf (id: string): Set<() => void> {
    const waiting = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, waiting)
    return waiting
  }

  #wake (id: string): void {
    const waiting = [...this.#waiting.get(id) ?? []]
    this.#waiting.delete(id)
    for (const settle of waiting) settle()
  }
}
