import { hkdfSync, randomBytes } from 'node:crypto'
import type { Later } from '@clinch/data-plane'
import type { Config } from '@clinch/schema'
import { durationMs } from '../config/units.ts'

export interface TicketSecretOptions {
  /** How long each is used. */
  readonly lifetimeMs: number
  /** What every node has; undefined: the secret is made by chance, for this machine. */
  readonly sharedKey: string | undefined
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly later?: Later
  readonly onChange: (secret: Uint8Array) => void
}

const secretBytes = 32
const longestTimerMs = 2 ** 31 - 1

/**
 * What the keys of session tickets are derived from, in every worker alike, and another one when its time is over
 * (docs/adr/0029). Of a shared key it is the same on every node without a word between them: there the times are counted from
 * the epoch, for a machine of its own from its start.
 */
export class TicketSecret {
  readonly #options: TicketSecretOptions
  readonly #fromMs: number
  #current: Uint8Array
  #period: number
  #next: ReturnType<Later> | undefined

  constructor (options: TicketSecretOptions) {
    this.#options = options
    this.#fromMs = options.sharedKey === undefined ? options.now() : 0
    this.#period = this.#periodNow()
    this.#current = this.#make()
  }

  get current (): Uint8Array { return this.#current }

  start (): void {
    const { lifetimeMs, now, later = laterByTimer } = this.#options
    const endMs = this.#fromMs + (this.#periodNow() + 1) * lifetimeMs
    this.#next = later(Math.min(endMs - now(), longestTimerMs), () => {
      this.#look()
      this.start()
    })
  }

  close (): void {
    this.#next?.callOff()
  }

  // a timer may ring early, and a clock may be set back
  #look (): void {
    const period = this.#periodNow()
    if (period === this.#period) return
    this.#period = period
    this.#current = this.#make()
    this.#options.onChange(this.#current)
  }

  #periodNow (): number {
    return Math.floor((this.#options.now() - this.#fromMs) / this.#options.lifetimeMs)
  }

  #make (): Uint8Array {
    const { sharedKey, lifetimeMs } = this.#options
    if (sharedKey === undefined) return randomBytes(secretBytes)
    return new Uint8Array(hkdfSync('sha256', sharedKey, '', `clinch session tickets\n${lifetimeMs}\n${this.#period}`, secretBytes))
  }
}

/** As `clinch.session_ticket_keys` and `session_ticket_key_lifetime` say. */
export function composeTicketSecret ({ clinch, apisix: { data_encryption: { keyring } } }: Config, onChange: TicketSecretOptions['onChange']): TicketSecret {
  const [first] = [keyring ?? []].flat()
  return new TicketSecret({
    lifetimeMs: durationMs(clinch.session_ticket_key_lifetime),
    sharedKey: clinch.session_ticket_keys === 'keyring' ? first : undefined,
    now: Date.now,
    onChange
  })
}

function laterByTimer (afterMs: number, run: () => void): ReturnType<Later> {
  const timer = setTimeout(run, afterMs).unref()
  return { callOff: () => clearTimeout(timer) }
}
