/** A part that was made to fail, from the moment it was told to until it did its work again; epoch milliseconds. */
export interface Outage {
  readonly part: string
  readonly fromMs: number
  /** The last of its processes is gone; Infinity until then. */
  goneMs: number
  /** It does its work again; Infinity until then. */
  backMs: number
  /** Of a worker: the clients' ports of the connections that it had. Of others everything that goes through it counts. */
  readonly clientPorts?: ReadonlySet<number>
}

/** A connection as its client knows it. */
export interface ConnectionFacts {
  readonly node: string
  /** Undefined: it was not even accepted. */
  readonly localPort: number | undefined
  /** When the client began to connect. */
  readonly openedMs: number
  /** Which upstream its tunnel leads to. */
  readonly upstream?: string | undefined
}

/** A connection that died with a part says so at once; this is for a client that is late to look. */
const latenessMs = 5000
/** For as long a responder that failed may be left alone after it is back (docs/plugins/ocsp-stapling.md), and a little. */
const suspendedMs = 35_000
/** From the signal until the last worker is replaced, on a machine that is busy. */
const longestRenewalMs = 30_000
/** Until a cluster that lost its leader has another, and clients have found it. */
const electionMs = 8000

/** `worker_shutdown_timeout` of conf/compose/data-plane.yaml, after which what a replaced worker still has in hand is cut off. */
const drainMs = 25_000

/** What was made to fail when, and so which failures of clients were to be expected. */
export class Outages {
  readonly #list: Outage[] = []
  readonly #renewals: Array<{ readonly node: string, readonly fromMs: number }> = []

  begin (part: string, clientPorts?: ReadonlySet<number>): Outage {
    const outage: Outage = { part, fromMs: Date.now(), goneMs: Infinity, backMs: Infinity, ...clientPorts === undefined ? {} : { clientPorts } }
    this.#list.push(outage)
    return outage
  }

  /** The workers of a data plane are replaced: nothing may fail, but that connections without an end are ended. */
  renew (node: string): void {
    this.#renewals.push({ node, fromMs: Date.now() })
  }

  /** Was this tunnel cut off because its worker had been replaced and had waited for as long as it may? */
  explainsCut ({ node, openedMs }: ConnectionFacts, failedMs: number): boolean {
    return this.#renewals.some(renewal => renewal.node === node && openedMs <= failedMs - drainMs && failedMs >= renewal.fromMs + drainMs && failedMs <= renewal.fromMs + drainMs + longestRenewalMs)
  }

  /**
   * Was this in flight on a part that was killed? A connection that was open at that moment to the worker, to the data plane
   * whose primary was killed, or through the data plane to the upstream. Nothing else is.
   */
  explainsLoss ({ node, localPort, openedMs, upstream }: ConnectionFacts, failedMs: number): boolean {
    return this.#list.some(({ part, fromMs, goneMs, clientPorts }) => {
      if (failedMs < fromMs || failedMs > goneMs + latenessMs) return false
      if (clientPorts !== undefined) return part === node && openedMs <= fromMs && localPort !== undefined && clientPorts.has(localPort)
      return (part === node || part === upstream) && openedMs <= goneMs
    })
  }

  /** Does a data plane that was killed explain that it accepts nobody? */
  explainsRefusal (node: string, beganMs: number, failedMs: number): boolean {
    return this.#list.some(({ part, fromMs, backMs, clientPorts }) => part === node && clientPorts === undefined && fromMs <= failedMs && beganMs <= backMs)
  }

  /** Was an upstream killed during this request, which may not be sent twice? */
  explainsBadGateway (beganMs: number, failedMs: number): boolean {
    return this.#list.some(({ part, fromMs, goneMs }) => part.startsWith('upstream') && fromMs <= failedMs && beganMs <= goneMs)
  }

  /** Was the responder away, so that nobody could tell whether a client's certificate is good? */
  explainsNoVerdict (beganMs: number, endedMs: number): boolean {
    return this.#list.some(({ part, fromMs, backMs }) => part === 'responder' && fromMs <= endedMs && beganMs <= backMs + suspendedMs)
  }

  /** Was the control plane away, or a member of etcd, which a write may have been with? */
  explainsNoWrite (beganMs: number, endedMs: number): boolean {
    return this.#list.some(({ part, fromMs, backMs }) => (part === 'control-plane' || part.startsWith('etcd')) && fromMs <= endedMs && beganMs <= backMs + electionMs)
  }
}
