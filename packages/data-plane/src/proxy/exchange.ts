import type { PhaseResponse } from '@clinch/plugins'
import type { Connection } from '../connection.ts'
import { PluginRun } from '../phases/plugin-run.ts'
import { runLog } from '../phases/run-phases.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import { matchRoute, type RouteMatch } from '../router/route-table.ts'
import type { RequestSnapshot } from '../snapshot/snapshot.ts'
import type { ReadyUpstream } from '../upstream/compiled-upstream.ts'
import { chosenUpstream, resolveUpstream } from '../upstream/upstream-ref.ts'
import { breakOff, isHttp2Request, statusOfRefusal, type ClientRequest, type ClientResponse } from './client.ts'
import { errorPage } from './error-page.ts'
import type { ExchangeHost, Upgrade } from './exchange-host.ts'
import { Forwarding, type ForwardingOwner } from './forwarding.ts'
import { noRoute } from './gateway-answer.ts'
import { Reply } from './reply.ts'
import { GatewayContext } from './request-context.ts'
import { RequestFigures } from './request-figures.ts'
import { dropUnread } from './unread-body.ts'

/**
 * One request and its answer: match, plugins, forward, respond, log. Each step is a method that ends by calling the next,
 * so a request whose plugins wait for nothing takes no promise.
 */
export class Exchange implements ForwardingOwner {
  readonly #host: ExchangeHost
  readonly #context: GatewayContext
  readonly #response: ClientResponse
  readonly #reply: Reply
  readonly #upgrade: Upgrade | undefined
  readonly #snapshot: RequestSnapshot
  readonly #plugins: PluginRun
  #route: CompiledRoute | undefined
  #forwarding: Forwarding | undefined
  #hasFailed = false
  #isOver = false

  constructor (host: ExchangeHost, request: ClientRequest, response: ClientResponse, connection: Connection, upgrade?: Upgrade) {
    this.#host = host
    this.#response = response
    this.#upgrade = upgrade
    this.#snapshot = host.snapshot()
    this.#plugins = new PluginRun(this.#snapshot, host.log)
    const surroundings = { settings: host.settings, claims: host.claims(), consumers: this.#snapshot.consumers, upstreams: this.#snapshot.upstreams, plugins: this.#plugins, figures: new RequestFigures(host.monotonicNow) }
    this.#context = new GatewayContext(request, connection, surroundings, host.now())
    this.#reply = new Reply(response, this.#context, this.#plugins, host.settings, host.log)
    this.#context.figures.reply = this.#reply
    response.on('close', () => this.#clientClosed())
    if (this.#context.hasBody) dropUnread(request, response, host.settings.lingering)
  }

  start (): void {
    try {
      this.#match()
    } catch (err) {
      this.broke(err)
    }
  }

  #match (): void {
    const context = this.#context
    if (context.refusal !== 0) {
      if (!isHttp2Request(context.client) && errorPage(context.refusal).closes) context.connection.isAtEnd = true
      if (context.malformation !== undefined) this.#host.log.error({ reqId: context.id, peer: context.peerAddress }, context.malformation)
      return this.answer({ status: context.refusal })
    }
    const verdict = context.connection.judge(context.host, context.uri)
    if (verdict.kind === 'refuse') {
      this.#host.log.error({ reqId: context.id, peer: context.peerAddress }, verdict.reason)
      return this.answer({ status: 400 })
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
    else reading.then(() => this.#findRoute()).catch(err => this.broke(err)) // a condition could not be judged without the body
  }

  #useRoute (match: RouteMatch<CompiledRoute> | undefined): void {
    const context = this.#context
    if (context.bodyAhead?.isLate === true) return this.answer({ status: 408 })
    if (match !== undefined) {
      const { route } = match
      route.enter()
      context.match = match
      this.#route = route
      if (route.refusal !== undefined) {
        this.#host.log.error({ reqId: context.id, routeId: route.route.id }, route.refusal.reason)
        return this.fail(route.refusal.status)
      }
      this.#plugins.use(route)
    }
    const answer = this.#plugins.run(context)
    if (answer instanceof Promise) answer.then(late => this.#afterPlugins(late)).catch(err => this.broke(err))
    else this.#afterPlugins(answer)
  }

  #afterPlugins (answer: PhaseResponse | undefined): void {
    if (this.#isOver) return
    if (this.#context.bodyAhead?.isLate === true) this.answer({ status: 408 })
    else if (answer !== undefined) this.answer(answer)
    else if (this.#route === undefined) this.answer(noRoute)
    else this.#forward(this.#route)
  }

  #forward (route: CompiledRoute): void {
    const { fields, bodyAhead, bodyLimit } = this.#context
    if (Number(fields.contentLength ?? 0) > bodyLimit || (bodyAhead?.bytes ?? 0) > bodyLimit) return this.answer({ status: 413 })
    const upstream = resolveUpstream(chosenUpstream(this.#context.chosenUpstream, route), this.#snapshot.upstreams)
    this.#context.destination = upstream
    if (upstream.kind === 'unusable') {
      this.#host.log.error({ reqId: this.#context.id, routeId: route.route.id }, upstream.reason)
      return this.fail(upstream.status)
    }
    const known = upstream.nodes.known()
    if (known === undefined) this.#begin(route, upstream)
    else known.then(() => this.#begin(route, upstream)).catch(err => this.broke(err))
  }

  #begin (route: CompiledRoute, upstream: ReadyUpstream): void {
    if (this.#isOver) return
    this.#forwarding = new Forwarding(this, { host: this.#host, context: this.#context, reply: this.#reply, plugins: this.#plugins, route, upstream, upgrade: this.#upgrade })
    this.#forwarding.start()
  }

  answer (response: PhaseResponse): void {
    this.#reply.answer(response)
  }

  fail (status: number): void {
    this.#hasFailed = true
    this.answer({ status })
  }

  clientFailed (): void {
    breakOff(this.#response)
  }

  // A bug of ours, met by one request: it must not take the others of the worker with it.
  broke (err: unknown): void {
    this.#host.log.error({ err, reqId: this.#context.id }, 'request broke')
    this.#forwarding?.giveUp()
    if (this.#reply.isStarted) this.#reply.breakOff()
    else this.fail(500)
  }

  tunnelEnded (status: number): void {
    this.#end(status)
  }

  #clientClosed (): void {
    if (this.#isOver) return
    if (this.#reply.isWhole) this.#end(this.#context.sentStatus)
    else this.#end((this.#reply.isStarted ? undefined : statusOfRefusal(this.#response)) ?? 499)
  }

  #end (status: number): void {
    const context = this.#context
    this.#isOver = true
    this.#forwarding?.end()
    const outcome = context.figures.ended(status, this.#hasFailed ? 'error' : this.#forwarding?.source ?? 'gateway')
    if (this.#plugins.logSteps.length > 0) runLog(this.#plugins.logSteps, context, outcome, this.#host.log)
    this.#plugins.release()
    this.#route?.leave()
    this.#host.ended(context, outcome)
  }
}
