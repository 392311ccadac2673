import type { HealthChecker, Upstream } from '@clinch/schema'
import type { Node } from '../node.ts'
import { targetName, type CheckedTarget, type CheckedUpstream, type HealthEvent, type HealthNews, type HealthReport, type HealthStatus } from './health-messages.ts'

/** What the health of an upstream's nodes means to those who pick and try them. */
export interface NodeHealth {
  isWell (node: Node): boolean
  /** The nodes, at first and when the addresses of names change. */
  setNodes (nodes: readonly Node[]): void
  /** A request is on its way: from now on the nodes are checked. */
  use (): void
  answered (node: Node, status: number): void
  failed (node: Node, kind: 'tcp_failure' | 'timeout_failure'): void
  close (): void
}

export interface CheckedUpstreamOptions extends Pick<CheckedUpstream, 'key' | 'tls'> {
  readonly upstream: Pick<Upstream, 'checks' | 'pass_host' | 'upstream_host'>
}

/**
 * What this worker knows of the nodes of upstreams that have checks. One process of the machine probes them and decides;
 * it hears from here which upstreams are used, and what the answers to requests say of their nodes.
 */
export class HealthTable {
  readonly #report: (report: HealthReport) => void
  readonly #isOn: boolean
  readonly #watched = new Map<number, WatchedUpstream>()
  /** The newest of each. */
  readonly #byKey = new Map<string, WatchedUpstream>()
  #lastId = 0

  /** @param isOn - false: all nodes count as well, whatever checks there are */
  constructor (report: (report: HealthReport) => void, isOn: boolean) {
    this.#report = report
    this.#isOn = isOn
  }

  check (options: CheckedUpstreamOptions): NodeHealth {
    const { checks } = options.upstream
    if (checks === undefined || !this.#isOn) return unchecked
    const watched = new WatchedUpstream(++this.#lastId, options, checks, {
      report: this.#report,
      predecessor: () => this.#byKey.get(options.key),
      began: () => {
        this.#watched.set(watched.id, watched)
        this.#byKey.set(options.key, watched)
      },
      closed: () => {
        this.#watched.delete(watched.id)
        if (this.#byKey.get(options.key) === watched) this.#byKey.delete(options.key)
      }
    })
    return watched
  }

  take ({ id, target, status }: HealthNews): void {
    this.#watched.get(id)?.take(target, status)
  }
}

const unchecked: NodeHealth = {
  isWell: () => true,
  setNodes () {},
  use () {},
  answered () {},
  failed () {},
  close () {}
}

interface Surroundings {
  readonly report: (report: HealthReport) => void
  /** The version before, if it is in use: what it found holds, and checks go on without a pause. */
  readonly predecessor: () => WatchedUpstream | undefined
  readonly began: () => void
  readonly closed: () => void
}

class WatchedUpstream implements NodeHealth {
  readonly id: number
  readonly #options: CheckedUpstreamOptions
  readonly #checks: HealthChecker
  readonly #around: Surroundings
  readonly #successes: ReadonlySet<number>
  readonly #failures: ReadonlySet<number>
  readonly #statuses = new Map<string, HealthStatus>()
  /** By address of the node. */
  #targets: ReadonlyMap<string, CheckedTarget> = new Map()
  #ill: ReadonlySet<string> = new Set()
  #state: 'unused' | 'watched' | 'closed' = 'unused'

  constructor (id: number, options: CheckedUpstreamOptions, checks: HealthChecker, around: Surroundings) {
    this.id = id
    this.#options = options
    this.#checks = checks
    this.#around = around
    this.#successes = new Set(checks.passive?.healthy?.http_statuses)
    this.#failures = new Set(checks.passive?.unhealthy?.http_statuses)
  }

  isWell ({ address }: Node): boolean { return !this.#ill.has(address) }

  setNodes (nodes: readonly Node[]): void {
    this.#targets = new Map(nodes.map(node => [node.address, this.#targetOf(node)]))
    if (this.#state === 'watched') this.#watch()
    else this.#succeed(this.#around.predecessor())
    this.#judge()
  }

  use (): void {
    if (this.#state !== 'unused') return
    this.#state = 'watched'
    this.#around.began()
    this.#watch()
  }

  answered (node: Node, status: number): void {
    if (this.#successes.has(status)) this.#saw(node, 'success')
    if (this.#failures.has(status)) this.#saw(node, 'http_failure')
  }

  failed (node: Node, kind: 'tcp_failure' | 'timeout_failure'): void {
    if (this.#checks.passive?.unhealthy !== undefined) this.#saw(node, kind)
  }

  take (target: string, status: HealthStatus): void {
    this.#statuses.set(target, status)
    this.#judge()
  }

  close (): void {
    if (this.#state === 'watched') {
      this.#around.report({ kind: 'healthUnwatch', id: this.id })
      this.#around.closed()
    }
    this.#state = 'closed'
  }

  #succeed (predecessor: WatchedUpstream | undefined): void {
    if (predecessor === undefined) return
    for (const [target, status] of predecessor.#statuses) this.#statuses.set(target, status)
    this.use()
  }

  #watch (): void {
    const { key, tls } = this.#options
    this.#around.report({ kind: 'healthWatch', id: this.id, upstream: { key, checks: this.#checks, targets: [...this.#targets.values()], tls } })
  }

  // What would change nothing is not told: that a healthy node answered, or that an ill one failed.
  #saw ({ address }: Node, event: HealthEvent): void {
    const target = this.#targets.get(address)
    if (target === undefined || this.#state !== 'watched') return
    const name = targetName(target)
    const status = this.#statuses.get(name) ?? 'healthy'
    if (event === 'success' ? status === 'healthy' : status === 'unhealthy') return
    this.#around.report({ kind: 'healthSeen', id: this.id, target: name, event })
  }

  #judge (): void {
    this.#ill = new Set([...this.#targets].filter(([, target]) => isIll(this.#statuses.get(targetName(target)))).map(([address]) => address))
  }

  // The same name as in `Host` of what is proxied, as far as that is known beforehand (data-plane.md 5.13).
  #targetOf ({ host, port, domain }: Node): CheckedTarget {
    const { active } = this.#checks
    const { pass_host: passHost, upstream_host: rewriteHost } = this.#options.upstream
    return { ip: host, port: active.port ?? port, hostname: (passHost === 'rewrite' ? rewriteHost : undefined) ?? domain ?? active.host ?? host }
  }
}

function isIll (status: HealthStatus | undefined): boolean {
  return status === 'unhealthy' || status === 'mostly_unhealthy'
}
