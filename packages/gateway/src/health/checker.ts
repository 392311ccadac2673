import type { SecureContextOptions } from 'node:tls'
import { targetName, type CheckedTarget, type CheckedUpstream, type HealthEvent, type HealthStatus } from '@clinch/data-plane'
import type { HealthChecker } from '@clinch/schema'
import type { Logger } from 'pino'
import { activeLimits, eventOf, passiveLimits } from './limits.ts'
import type { Probe } from './probe.ts'
import { afterEvent, isUsable, newTarget, type HealthLimits, type TargetHealth } from './target-health.ts'

export interface CheckerOptions {
  readonly upstream: CheckedUpstream
  /** As it is shown: with the prefix of the store. */
  readonly name: string
  /** CAs where the upstream has none of its own; undefined: those of Node. */
  readonly trustedCaPem: string | undefined
  readonly probe: Probe
  /** What was known of a target a short while ago. */
  readonly remembered: (target: string) => TargetHealth | undefined
  readonly onChange: (target: string, status: HealthStatus) => void
  readonly log: Logger
}

export interface CheckedNode {
  readonly target: CheckedTarget
  readonly health: TargetHealth
}

const kinds = { success: 'SUCCESS', http_failure: 'HTTP', tcp_failure: 'TCP', timeout_failure: 'TIMEOUT' } as const satisfies Record<HealthEvent, string>

/** Checks the targets of one upstream, as long as a worker uses it. */
export class Checker {
  readonly upstream: CheckedUpstream
  readonly name: string
  readonly #options: CheckerOptions
  readonly #checks: HealthChecker
  readonly #active: HealthLimits
  readonly #passive: HealthLimits
  readonly #tls: SecureContextOptions
  readonly #nodes = new Map<string, { readonly target: CheckedTarget, health: TargetHealth }>()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #rounds = new Set<'healthy' | 'unhealthy'>()
  #isClosed = false

  constructor (options: CheckerOptions) {
    const { upstream, name, trustedCaPem } = options
    const { caPem, certPem, keyPem } = upstream.tls
    const ca = caPem ?? trustedCaPem
    this.upstream = upstream
    this.name = name
    this.#options = options
    this.#checks = upstream.checks
    this.#active = activeLimits(upstream.checks)
    this.#passive = passiveLimits(upstream.checks)
    this.#tls = { ...(ca === undefined ? {} : { ca }), ...(certPem === undefined || keyPem === undefined ? {} : { cert: certPem, key: keyPem }) }
  }

  start (): void {
    const { healthy, unhealthy } = this.#checks.active
    if (healthy !== undefined) this.#every(healthy.interval, 'healthy')
    if (unhealthy !== undefined) this.#every(unhealthy.interval, 'unhealthy')
  }

  get nodes (): Iterable<CheckedNode> { return this.#nodes.values() }

  healthOf (target: string): TargetHealth | undefined { return this.#nodes.get(target)?.health }

  /** Targets that stay keep what is known of them. */
  setTargets (targets: readonly CheckedTarget[]): void {
    const wanted = new Map(targets.map(target => [targetName(target), target]))
    for (const name of this.#nodes.keys()) if (!wanted.has(name)) this.#nodes.delete(name)
    for (const [name, target] of wanted) {
      if (!this.#nodes.has(name)) this.#nodes.set(name, { target, health: this.#options.remembered(name) ?? newTarget })
    }
  }

  /** What the answer to a request says of a target. */
  saw (target: string, event: HealthEvent): void {
    this.#take(target, event, this.#passive)
  }

  close (): void {
    this.#isClosed = true
    for (const timer of this.#timers) clearInterval(timer)
  }

  #every (seconds: number, sort: 'healthy' | 'unhealthy'): void {
    this.#timers.push(setInterval(() => { this.#round(sort).catch(neverRejects) }, seconds * 1000))
  }

  // A round that takes longer than the interval is not overtaken by the next.
  async #round (sort: 'healthy' | 'unhealthy'): Promise<void> {
    if (this.#rounds.has(sort)) return
    this.#rounds.add(sort)
    const waiting = [...this.#nodes].filter(([, { health }]) => isUsable(health.status) === (sort === 'healthy'))
    const lanes = Array.from({ length: Math.min(waiting.length, Math.max(1, this.#checks.active.concurrency)) }, async () => {
      for (let next = waiting.shift(); next !== undefined && !this.#isClosed; next = waiting.shift()) await this.#probe(...next)
    })
    await Promise.all(lanes)
    this.#rounds.delete(sort)
  }

  async #probe (name: string, { target }: CheckedNode): Promise<void> {
    const outcome = await this.#options.probe(this.#checks.active, target, this.#tls)
    const event = eventOf(outcome, this.#checks)
    this.#options.log.debug({ upstream: this.name, target: name, outcome }, 'node probed')
    if (event !== undefined && !this.#isClosed) this.#take(name, event, this.#active)
  }

  #take (name: string, event: HealthEvent, limits: HealthLimits): void {
    const node = this.#nodes.get(name)
    if (node === undefined) return
    const before = node.health
    const after = afterEvent(before, event, limits)
    if (after === before) return
    node.health = after
    const { log, onChange } = this.#options
    log.warn({ upstream: this.name }, `[healthcheck] (upstream#${this.name}) ${event === 'success' ? 'healthy' : 'unhealthy'} ${kinds[event]} increment (${after.counters[event]}/${limits[event]}) for '${name}'`)
    if (isUsable(before.status) !== isUsable(after.status)) log.warn({ upstream: this.name, target: name, status: after.status }, isUsable(after.status) ? 'node is used again' : 'node is left out')
    if (before.status !== after.status) onChange(name, after.status)
  }
}

function neverRejects (): void {}
