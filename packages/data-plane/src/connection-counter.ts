import type { Socket } from 'node:net'
import { Gauge, type Registry } from 'prom-client'
import { isHttp2Request, type ClientRequest } from './proxy/client.ts'
import type { RequestHandler } from './proxy/request-handler.ts'

/**
 * `http_requests_total` and `nginx_http_current_connections` of this worker: plain numbers, which the metrics take over when
 * they are read.
 */
export class ConnectionCounter {
  #accepted = 0
  #refused = 0
  #open = 0
  /** Those open ones over which a request has come. */
  #used = 0

  constructor (registry: Registry, prefix: string, { inFlight, total }: Pick<RequestHandler, 'inFlight' | 'total'>) {
    for (const name of ['http_requests_total', 'nginx_http_current_connections']) registry.removeSingleMetric(prefix + name)
    new Gauge({ // eslint-disable-line no-new -- the registry keeps it, and the next one
      name: `${prefix}http_requests_total`,
      help: 'Requests since the start',
      registers: [registry],
      collect () { this.set(total()) }
    })
    const states = (): Readonly<Record<string, number>> => this.#states(inFlight())
    new Gauge({ // eslint-disable-line no-new
      name: `${prefix}nginx_http_current_connections`,
      help: 'Connections of clients',
      labelNames: ['state'],
      registers: [registry],
      collect () { for (const [state, count] of Object.entries(states())) this.set({ state }, count) }
    })
  }

  /** A fresh connection that is closed again at once. */
  refused (): void {
    this.#accepted++
    this.#refused++
  }

  /** A fresh connection. */
  accepted (socket: Socket): void {
    this.#accepted++
    this.#open++
    socket.once('close', () => { this.#open-- })
  }

  /** The first request of a connection. */
  used (request: ClientRequest): void {
    const owner = isHttp2Request(request) ? request.stream.session : request.socket
    if (owner === undefined) return
    this.#used++
    owner.once('close', () => { this.#used-- })
  }

  // As nginx tells them: of HTTP/2 each request is one that is answered, so that they may be more than connections.
  #states (inFlight: number): Readonly<Record<string, number>> {
    return {
      active: this.#open,
      accepted: this.#accepted,
      handled: this.#accepted - this.#refused,
      reading: Math.max(0, this.#open - this.#used),
      writing: inFlight,
      waiting: Math.max(0, this.#used - inFlight)
    }
  }
}
