import type { Duplex } from 'node:stream'
import type { PhaseResponse, RequestOutcome } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { Connection } from '../connection.ts'
import { PluginRun } from '../phases/plugin-run.ts'
import { runLog, runSteps } from '../phases/run-phases.ts'
import { matchRoute, type RouteMatch } from '../router/route-table.ts'
import type { RequestSnapshot } from '../snapshot/snapshot.ts'
import { noValidNode, type ReadyUpstream } from '../upstream/compiled-upstream.ts'
import type { NodePicker } from '../upstream/node-picker.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import { chosenUpstream, resolveUpstream } from '../upstream/upstream-ref.ts'
import type { AttemptSink } from './attempt.ts'
import { createAttempt, type NodeAttempt } from './create-attempt.ts'
import { breakOff, isHttp2Request, type ClientRequest, type ClientResponse } from './client.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import { errorPage } from './error-page.ts'
import { StreamResetError, type ForwardFailure } from './forward-failure.ts'
import { noRoute } from './gateway-answer.ts'
import type { PluginClaims } from './plugin-claims.ts'
import { Reply } from './reply.ts'
import { RequestBody } from './request-body.ts'
import { GatewayContext } from './request-context.ts'
import { RequestFigures } from './request-figures.ts'
import { judgeRetry } from './retry.ts'
import type { CompiledSettings } from './settings.ts'
import { openTunnel } from './tunnel.ts'
import { upstreamFields, upstreamHost } from './upstream-fields.ts'

/** What every exchange of a worker shares. */
export interface ExchangeHost {
  readonly settings: CompiledSettings
  readonly log: Logger
  readonly now: () => number
  /** Milliseconds, whatever becomes of the machine's clock. */
  readonly monotonicNow: () => number
  readonly snapshot: () => RequestSnapshot
  readonly claims: () => PluginClaims
  /** Called once for each exchange, when it is over. */
  ended (context: GatewayContext, outcome: RequestOutcome): void
}

export interface Upgrade {
  readonly socket: Duplex
  readonly head: Buffer
  /** From here on the socket is the tunnel's. */
  readonly stopWatching: () => void
}

type Raw = ReadonlyArray<Buffer | string>

/**
 * One request and its answer: match, plugins, pick, forward, respond, log. Each step is a method that ends by calling
 * the next, so a request whose plugins wait for nothing takes no promise.
 */
export class Exchange implements AttemptSink {
  readonly #host: ExchangeHost
  readonly #context: GatewayContext
  readonly #response: ClientResponse
  readonly #reply: Reply
  readonly #upgrade: Upgrade | undefined
  readonly #snapshot: RequestSnapshot
  readonly #plugins: PluginRun
  #route: CompiledRoute | undefined
  #attempt: NodeAttempt | undefined
  /** Picked the nodes, and is told what came of them. */
  #picker: NodePicker<Target> | undefined
  /** The node that is being tried. */
  #target: Target | undefined
  #body: RequestBody | undefined
  #retriesLeft = 0
  #source: RequestOutcome['source'] = 'gateway'
  #isOver = false

  constructor (host: ExchangeHost, request: ClientRequest, response: ClientResponse, connection: Connection, upgrade?: Upgrade) {
    this.#host = host
    this.#response = response
    this.#upgrade = upgrade
    this.#snapshot = host.snapshot()
    this.#plugins = new PluginRun(this.#snapshot, host.log)
    const surroundings = { settings: host.settings, claims: host.claims(), consumers: this.#snapshot.consumers, plugins: this.#plugins, figures: new RequestFigures(host.monotonicNow) }
    this.#context = new GatewayContext(request, connection, surroundings, host.now())
    this.#reply = new Reply(response, this.#context, this.#plugins, host.settings, host.log)
    this.#context.figures.reply = this.#reply
    response.on('close', () => this.#clientClosed())
  }

  start (): void {
    try {
      this.#match()
    } catch (err) {
      this.#broke(err)
    }
  }

  #match (): void {
    const context = this.#context
    if (context.refusal !== 0) {
      if (!isHttp2Request(context.client)) context.connection.isRefused = errorPage(context.refusal).closes
      if (context.malformation !== undefined) this.#host.log.error({ reqId: context.id, peer: context.peerAddress }, context.malformation)
      return this.#reply.answer({ status: context.refusal })
    }
    const verdict = context.connection.judge(context.host, context.uri)
    if (verdict.kind === 'refuse') {
      this.#host.log.error({ reqId: context.id, peer: context.peerAddress }, verdict.reason)
      return this.#reply.answer({ status: 400 })
    }
    this.#findRoute()
  }

  #findRoute (): void {
    if (this.#isOver) return
    const context = this.#context
    const match = matchRoute(this.#snapshot.routes, context)
    const unread = context.wantedBodyVariables
    const reading = unread === undefined || unread.size === 0 ? undefined : context.readBodyVariables(unread)
    if (reading === undefined) this.#useRoute(match)
    else reading.then(() => this.#findRoute()).catch(err => this.#broke(err)) // a condition could not be judged without the body
  }

  #useRoute (match: RouteMatch<CompiledRoute> | undefined): void {
    const context = this.#context
    if (context.bodyAhead?.isLate === true) return this.#reply.answer({ status: 408 })
    if (match !== undefined) {
      const { route } = match
      route.enter()
      context.match = match
      this.#route = route
      if (route.refusal !== undefined) {
        this.#host.log.error({ reqId: context.id, routeId: route.route.id }, route.refusal.reason)
        return this.#fail(route.refusal.status)
      }
      this.#plugins.use(route)
    }
    const answer = this.#plugins.run(context)
    if (answer instanceof Promise) answer.then(late => this.#afterPlugins(late)).catch(err => this.#broke(err))
    else this.#afterPlugins(answer)
  }

  #afterPlugins (answer: PhaseResponse | undefined): void {
    if (this.#isOver) return
    if (this.#context.bodyAhead?.isLate === true) this.#reply.answer({ status: 408 })
    else if (answer !== undefined) this.#reply.answer(answer)
    else if (this.#route === undefined) this.#reply.answer(noRoute)
    else this.#forward(this.#route)
  }

  #forward (route: CompiledRoute): void {
    const { fields, bodyAhead, bodyLimit } = this.#context
    if (Number(fields.contentLength ?? 0) > bodyLimit || (bodyAhead?.bytes ?? 0) > bodyLimit) return this.#reply.answer({ status: 413 })
    const upstream = resolveUpstream(chosenUpstream(this.#context.chosenUpstream, route), this.#snapshot.upstreams)
    this.#context.destination = upstream
    if (upstream.kind === 'unusable') {
      this.#host.log.error({ reqId: this.#context.id, routeId: route.route.id }, upstream.reason)
      return this.#fail(upstream.status)
    }
    const known = upstream.nodes.known()
    if (known === undefined) this.#begin(route, upstream)
    else known.then(() => this.#begin(route, upstream)).catch(err => this.#broke(err))
  }

  #begin (route: CompiledRoute, upstream: ReadyUpstream): void {
    if (this.#isOver) return
    const { picker, health } = upstream.nodes
    if (picker.nodes.length === 0) {
      this.#host.log.error({ reqId: this.#context.id, routeId: route.route.id }, `failed to set upstream: ${noValidNode}`)
      return this.#fail(503)
    }
    this.#picker = picker
    this.#retriesLeft = upstream.retries ?? picker.nodes.length - 1
    this.#context.figures.forwarded()
    health.use()
    this.#pick(route, upstream)
  }

  #pick (route: CompiledRoute, upstream: ReadyUpstream): void {
    const context = this.#context
    const node = this.#picker?.pick(context)
    if (node === undefined) {
      this.#host.log.error({ reqId: context.id, tried: context.triedNodes }, 'failed to pick server: failed to find valid upstream server, all upstream servers tried')
      return this.#fail(502)
    }
    this.#target = node
    context.tried.push(node)
    const steps = this.#plugins.beforeProxy
    if (steps.length === 0) return this.#send(route, upstream, node, false)
    const answer = runSteps(steps, context, this.#host.log)
    if (answer instanceof Promise) answer.then(late => this.#afterBeforeProxy(late, route, upstream, node)).catch(err => this.#broke(err))
    else this.#afterBeforeProxy(answer, route, upstream, node)
  }

  #afterBeforeProxy (answer: PhaseResponse | undefined, route: CompiledRoute, upstream: ReadyUpstream, node: Target): void {
    if (this.#isOver) return
    if (answer === undefined) this.#send(route, upstream, node, false)
    else this.#reply.answer(answer)
  }

  #send (route: CompiledRoute, upstream: ReadyUpstream, node: Target, isFresh: boolean): void {
    const context = this.#context
    const host = upstreamHost(context, upstream, node)
    this.#attempt = createAttempt(this, node, { upstream, host, isFresh, clock: this.#host.monotonicNow })
    context.figures.attempts.push(this.#attempt.figures)
    if (context.hasBody) context.figures.requestBody = this.#body = this.#bodyFor(upstream)
    this.#attempt.send({
      method: context.upstream.method,
      target: context.upstream.target,
      fields: upstreamFields(context, host, this.#plugins.mayEditRequest),
      body: this.#body,
      upgrade: this.#upgrade !== undefined && route.enableWebsocket ? context.fields.upgrade : undefined,
      readTimeoutMs: upstream.readTimeoutMs
    })
  }

  #bodyFor ({ sendTimeoutMs }: ReadyUpstream): RequestBody {
    const { client, bodyAhead: ahead, bodyLimit: limitBytes, collector } = this.#context
    return new RequestBody(client, { ahead, collector, limitBytes, sendTimeoutMs, receiveTimeoutMs: this.#host.settings.clientBodyTimeoutMs })
  }

  attemptFailed (failure: ForwardFailure): void {
    const context = this.#context
    const attempt = this.#attempt
    const route = this.#route
    const upstream = context.destination
    if (this.#isOver || attempt === undefined || route === undefined || upstream?.kind !== 'ready') return
    if (failure.source === 'upstream') context.upstreamStatuses.push(failure.status)
    this.#host.log.warn({ err: failure.cause, reqId: context.id, node: attempt.node.address, source: failure.source }, 'upstream request failed')
    if (failure.source === 'downstream') return breakOff(this.#response)
    if (this.#reply.isStarted) {
      this.#source = 'error'
      this.#reportFailure(upstream, failure)
      return this.#reply.breakOff(failure.cause instanceof StreamResetError ? failure.cause.http2Code : undefined)
    }
    const verdict = judgeRetry({
      failure,
      wasSent: attempt.wasSent,
      usedOldConnection: attempt.usedOldConnection,
      bodyWasTouched: this.#body?.wasTouched === true,
      method: context.upstream.method,
      retriesLeft: this.#retriesLeft,
      elapsedMs: context.figures.forwardedMs,
      retryTimeoutMs: upstream.retryTimeoutMs
    })
    if (verdict !== 'sameNode') this.#reportFailure(upstream, failure)
    switch (verdict) {
      case 'no': return this.#fail(failure.status)
      case 'tooLate':
        this.#logRetryTimeout(upstream)
        return this.#fail(502)
      case 'sameNode':
        context.upstreamStatuses.pop()
        context.figures.attempts.pop()
        return this.#send(route, upstream, attempt.node, true)
      case 'nextNode':
        this.#retriesLeft--
        this.#leaveTarget(undefined)
        return this.#pick(route, upstream)
    }
  }

  #reportFailure ({ nodes: { health } }: ReadyUpstream, { source, status, retryable }: ForwardFailure): void {
    if (source !== 'upstream' || this.#target === undefined) return
    if (!retryable) health.answered(this.#target, status) // it did answer, after its fashion
    else health.failed(this.#target, status === 504 ? 'timeout_failure' : 'tcp_failure')
  }

  #logRetryTimeout ({ retryTimeoutMs }: ReadyUpstream): void {
    const { id, tried, triedNodes, figures } = this.#context
    const now = this.#host.now() / 1000
    const deadline = now + (retryTimeoutMs - figures.forwardedMs) / 1000
    this.#host.log.error({ reqId: id, tried: triedNodes }, `proxy retry timeout, retry count: ${tried.length}, deadline: ${deadline.toFixed(3)} now: ${now.toFixed(3)}`)
  }

  // Whatever came of the attempt, the node has one request less.
  #leaveTarget (durationMs: number | undefined): void {
    const target = this.#target
    if (target === undefined) return
    this.#target = undefined
    this.#picker?.ended(target, durationMs)
  }

  attemptAnswered (status: number, reason: string, raw: Raw): void {
    const { destination } = this.#context
    if (destination?.kind === 'ready' && this.#target !== undefined) destination.nodes.health.answered(this.#target, status)
    this.#context.upstreamStatuses.push(status)
    this.#context.upstreamRaw = raw
    this.#source = 'upstream'
    if (this.#reply.startFromUpstream(status, reason, raw)) return
    this.#source = 'error'
    this.#attempt?.abort()
  }

  attemptBrought (chunk: Buffer): void {
    this.#reply.chunk(chunk, this.#attempt)
  }

  attemptEnded (trailers: Raw): void {
    this.#context.figures.answered()
    this.#leaveTarget(this.#attempt?.figures.responseMs)
    this.#attempt = undefined
    this.#reply.end(trailers)
  }

  attemptUpgraded (status: number, raw: Raw, socket: Duplex): void {
    const upstream = this.#context.destination
    const upgrade = this.#upgrade
    this.#context.upstreamStatuses.push(status)
    this.#context.upstreamRaw = raw
    this.#source = 'upstream'
    if (upgrade === undefined || upstream?.kind !== 'ready' || !this.#reply.switchProtocols(upgrade.socket, status, this.#context.fields.upgrade ?? '', raw)) {
      socket.destroy()
      return
    }
    upgrade.stopWatching()
    if (upgrade.head.length > 0) socket.write(upgrade.head)
    openTunnel(upgrade.socket, socket, upstream.readTimeoutMs, bytes => {
      this.#reply.bytes = bytes
      this.#end(status)
    })
  }

  #fail (status: number): void {
    this.#source = 'error'
    this.#reply.answer({ status })
  }

  // A bug of ours, met by one request: it must not take the others of the worker with it.
  #broke (err: unknown): void {
    this.#host.log.error({ err, reqId: this.#context.id }, 'request broke')
    this.#attempt?.abort()
    if (this.#reply.isStarted) this.#reply.breakOff()
    else this.#fail(500)
  }

  #clientClosed (): void {
    if (this.#isOver) return
    this.#attempt?.abort()
    this.#end(this.#reply.isWhole ? this.#context.sentStatus : 499)
  }

  #end (status: number): void {
    const context = this.#context
    this.#isOver = true
    this.#leaveTarget(undefined)
    const outcome = context.figures.ended(status, this.#source)
    if (this.#plugins.logSteps.length > 0) runLog(this.#plugins.logSteps, context, outcome, this.#host.log)
    this.#plugins.release()
    this.#route?.leave()
    this.#host.ended(context, outcome)
  }
}
