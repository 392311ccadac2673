import { targetName, type CheckedUpstream, type HealthNews, type HealthReport } from '@clinch/data-plane'
import type { Logger } from 'pino'
import type { CheckerStatus } from '../control/healthcheck-routes.ts'
import { Checker } from './checker.ts'
import { probe, type Probe } from './probe.ts'
import { isUsable, type TargetHealth } from './target-health.ts'

export interface HealthAgentOptions {
  /** What the keys of objects begin with in names: `/apisix`, or nothing. */
  readonly prefix: string
  /** CAs where an upstream has none of its own; undefined: those of Node. */
  readonly trustedCaPem: string | undefined
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly probe?: Probe
}

/** What a worker is told of the targets that it watches. */
export type TellWorker = (news: readonly HealthNews[]) => void

/** An upstream of a worker. */
interface Watch {
  readonly tell: TellWorker
  readonly id: number
  readonly checked: Checked
  targets: CheckedUpstream['targets']
}

/** A checker and who hears from it. */
interface Checked {
  readonly checker: Checker
  readonly version: string
  readonly watches: Set<Watch>
}

const rememberMs = 10_000

/**
 * Checks nodes once for the machine. A checker lives as long as a worker uses its upstream; workers that use the same share
 * it, with all targets that any of them has, and hear of every change. What was known of a target outlives its checker by
 * ten seconds, for the one that takes its place.
 */
export class HealthAgent {
  readonly #options: HealthAgentOptions
  /** By object; two for a while where its checks were changed, the newer one last. */
  readonly #checked = new Map<string, Checked[]>()
  readonly #watches = new Map<number, Map<number, Watch>>()
  readonly #remembered = new Map<string, { readonly health: TargetHealth, readonly untilMs: number }>()

  constructor (options: HealthAgentOptions) {
    this.#options = options
  }

  receive (workerId: number, report: HealthReport, tell: TellWorker): void {
    switch (report.kind) {
      case 'healthWatch': return this.#watch(workerId, report.id, report.upstream, tell)
      case 'healthUnwatch': return this.#unwatch(workerId, report.id)
      case 'healthSeen': this.#watches.get(workerId)?.get(report.id)?.checked.checker.saw(report.target, report.event)
    }
  }

  workerGone (workerId: number): void {
    for (const id of [...this.#watches.get(workerId)?.keys() ?? []]) this.#unwatch(workerId, id)
    this.#watches.delete(workerId)
  }

  get status (): readonly CheckerStatus[] {
    return [...this.#checked.values()].map(checked => checked.at(-1)?.checker).filter(checker => checker !== undefined).map(({ upstream, nodes }) => ({
      key: upstream.key,
      type: upstream.checks.active.type,
      nodes: [...nodes].map(({ target: { ip, port, hostname }, health: { status, counters } }) => ({ ip, port, hostname, status, counter: counters }))
    }))
  }

  /** For the metric: one for each target. */
  * targets (): Iterable<{ readonly name: string, readonly ip: string, readonly port: number, readonly isUsable: boolean }> {
    for (const { checker } of [...this.#checked.values()].flat()) {
      for (const { target: { ip, port }, health } of checker.nodes) yield { name: checker.name, ip, port, isUsable: isUsable(health.status) }
    }
  }

  close (): void {
    for (const { checker } of [...this.#checked.values()].flat()) checker.close()
    this.#checked.clear()
    this.#watches.clear()
  }

  #watch (workerId: number, id: number, upstream: CheckedUpstream, tell: TellWorker): void {
    const own = this.#watches.get(workerId) ?? new Map<number, Watch>()
    this.#watches.set(workerId, own)
    const watch = own.get(id) ?? { tell, id, checked: this.#checkedFor(upstream), targets: upstream.targets }
    own.set(id, watch)
    watch.targets = upstream.targets
    watch.checked.watches.add(watch)
    gatherTargets(watch.checked)
    const news = upstream.targets.flatMap(target => {
      const status = watch.checked.checker.healthOf(targetName(target))?.status
      return status === undefined ? [] : [{ id, target: targetName(target), status }]
    })
    tell(news)
  }

  #unwatch (workerId: number, id: number): void {
    const watch = this.#watches.get(workerId)?.get(id)
    if (watch === undefined) return
    this.#watches.get(workerId)?.delete(id)
    const { checked } = watch
    checked.watches.delete(watch)
    this.#remember(checked.checker)
    if (checked.watches.size > 0) return gatherTargets(checked)
    checked.checker.close()
    const { key } = checked.checker.upstream
    const others = this.#checked.get(key)?.filter(other => other !== checked) ?? []
    if (others.length > 0) this.#checked.set(key, others)
    else this.#checked.delete(key)
  }

  #checkedFor (upstream: CheckedUpstream): Checked {
    const version = JSON.stringify([upstream.checks, upstream.tls])
    const versions = this.#checked.get(upstream.key) ?? []
    const known = versions.find(checked => checked.version === version)
    if (known !== undefined) return known
    const { prefix, trustedCaPem, log, probe: probeWith = probe } = this.#options
    const watches = new Set<Watch>()
    const checker = new Checker({
      upstream,
      name: `${prefix}/${upstream.key}`,
      trustedCaPem,
      probe: probeWith,
      remembered: target => this.#recall(upstream.key, target),
      onChange: (target, status) => { for (const { tell, id } of watches) tell([{ id, target, status }]) },
      log
    })
    const checked = { checker, version, watches }
    this.#checked.set(upstream.key, [...versions, checked])
    checker.start()
    return checked
  }

  #remember ({ upstream, nodes }: Checker): void {
    const nowMs = this.#options.now()
    for (const [key, { untilMs }] of this.#remembered) if (untilMs <= nowMs) this.#remembered.delete(key)
    for (const { target, health } of nodes) this.#remembered.set(`${upstream.key} ${targetName(target)}`, { health, untilMs: nowMs + rememberMs })
  }

  // A checker that is still there knows better.
  #recall (key: string, target: string): TargetHealth | undefined {
    for (const { checker } of this.#checked.get(key) ?? []) {
      const health = checker.healthOf(target)
      if (health !== undefined) return health
    }
    const remembered = this.#remembered.get(`${key} ${target}`)
    return remembered === undefined || remembered.untilMs <= this.#options.now() ? undefined : remembered.health
  }
}

function gatherTargets ({ checker, watches }: Checked): void {
  checker.setTargets([...watches].flatMap(({ targets }) => targets))
}
