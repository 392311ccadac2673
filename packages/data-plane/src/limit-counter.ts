import { Throttle } from '@clinch/plugins'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

const limits = ['worker_connections', 'connections_per_address', 'handshakes', 'client_hello', 'http2'] as const
export type ClientLimit = typeof limits[number]

/** Those that a flood runs into. The others are met by any client that is out of order, and are told of at `debug` where that is seen. */
const told: ReadonlySet<ClientLimit> = new Set(['worker_connections', 'connections_per_address', 'handshakes'])
const tellAgainMs = 60_000

export interface LimitCounterOptions {
  readonly metrics: Registry
  readonly metricPrefix: string
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

/**
 * `client_connections_cut_total`: connections of clients that a limit has ended. The log tells of each limit once a minute, with
 * their number.
 */
export class LimitCounter {
  readonly #uncounted = new Map<ClientLimit, number>(limits.map(limit => [limit, 0]))
  readonly #throttle: Throttle
  readonly #log: Logger

  constructor ({ metrics, metricPrefix: prefix, log, now }: LimitCounterOptions) {
    this.#log = log
    this.#throttle = new Throttle({ intervalMs: tellAgainMs, maxKeys: limits.length, now })
    const uncounted = this.#uncounted
    metrics.removeSingleMetric(`${prefix}client_connections_cut_total`)
    new Counter({ // eslint-disable-line no-new -- the registry keeps it
      name: `${prefix}client_connections_cut_total`,
      help: 'Connections of clients that were refused or ended by a limit',
      labelNames: ['limit'],
      registers: [metrics],
      collect () {
        for (const limit of limits) {
          this.inc({ limit }, uncounted.get(limit)) // each is there from the start, so that its first count is seen
          uncounted.set(limit, 0)
        }
      }
    })
  }

  /** @param peer - whose connection it was */
  count (limit: ClientLimit, peer?: string): void {
    this.#uncounted.set(limit, (this.#uncounted.get(limit) ?? 0) + 1)
    if (!told.has(limit)) return
    const skipped = this.#throttle.pass(limit)
    if (skipped !== undefined) this.#log.warn({ limit, peer, before: skipped }, 'connection of a client was ended by a limit')
  }
}
