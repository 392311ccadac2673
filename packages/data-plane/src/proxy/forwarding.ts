import type { Duplex } from 'node:stream'
import type { PhaseResponse, RequestOutcome } from '@clinch/plugins'
import type { PluginRun } from '../phases/plugin-run.ts'
import { runSteps } from '../phases/run-phases.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import { noValidNode, type ReadyUpstream } from '../upstream/compiled-upstream.ts'
import type { NodePicker } from '../upstream/node-picker.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import type { AttemptSink } from './attempt.ts'
import { createAttempt, type NodeAttempt } from './create-attempt.ts'
import type { ExchangeHost, Upgrade } from './exchange-host.ts'
import { StreamResetError, type ForwardFailure } from './forward-failure.ts'
import type { Reply } from './reply.ts'
import { RequestBody } from './request-body.ts'
import type { GatewayContext } from './request-context.ts'
import { requestTrailers } from './request-trailers.ts'
import { judgeRetry } from './retry.ts'
import { openTunnel } from './tunnel.ts'
import { upstreamFields, upstreamHost } from './upstream-fields.ts'

/** Whose request is forwarded: told once what is left for it to do, unless the answer came from a node. */
export interface ForwardingOwner {
  /** No node answered: the page for it. */
  fail (status: number): void
  /** A plugin answers in the place of a node. */
  answer (response: PhaseResponse): void
  /** The client does not send what it said it would. */
  clientFailed (): void
  broke (err: unknown): void
  tunnelEnded (status: number): void
}

export interface ForwardingMakings {
  readonly host: ExchangeHost
  readonly context: GatewayContext
  readonly reply: Reply
  readonly plugins: PluginRun
  readonly route: CompiledRoute
  readonly upstream: ReadyUpstream
  readonly upgrade: Upgrade | undefined
}

type Raw = ReadonlyArray<Buffer | string>

/** A request on its way to an upstream: picks nodes and sends it until one has answered, or none is left. */
export class Forwarding implements AttemptSink {
  source: RequestOutcome['source'] = 'gateway'
  readonly #owner: ForwardingOwner
  readonly #makings: ForwardingMakings
  readonly #picker: NodePicker<Target>
  #attempt: NodeAttempt | undefined
  /** The node that is being tried. */
  #target: Target | undefined
  #body: RequestBody | undefined
  #retriesLeft: number
  #isOver = false

  /** To be made when the addresses of its nodes are known. */
  constructor (owner: ForwardingOwner, makings: ForwardingMakings) {
    const { retries, nodes } = makings.upstream
    this.#owner = owner
    this.#makings = makings
    this.#picker = nodes.picker
    this.#retriesLeft = retries ?? nodes.picker.nodes.length - 1
  }

  start (): void {
    const { host, context, route, upstream } = this.#makings
    if (this.#picker.nodes.length === 0) {
      host.log.error({ reqId: context.id, routeId: route.route.id }, `failed to set upstream: ${noValidNode}`)
      return this.#owner.fail(503)
    }
    context.figures.forwarded()
    upstream.nodes.health.use()
    this.#pick()
  }

  /** The request is over: nothing is told any more. */
  end (): void {
    this.#isOver = true
    this.#attempt?.abort()
    this.#leaveTarget(undefined)
  }

  /** The attempt under way brings nothing that is wanted. */
  giveUp (): void {
    this.#attempt?.abort()
  }

  #pick (): void {
    const { host, context, plugins } = this.#makings
    const node = this.#picker.pick(context)
    if (node === undefined) {
      host.log.error({ reqId: context.id, tried: context.triedNodes }, 'failed to pick server: failed to find valid upstream server, all upstream servers tried')
      return this.#owner.fail(502)
    }
    this.#target = node
    context.tried.push(node)
    const steps = plugins.beforeProxy
    if (steps.length === 0) return this.#send(node, false)
    const answer = runSteps(steps, context, host.log)
    if (answer instanceof Promise) answer.then(late => this.#afterBeforeProxy(late, node)).catch(err => this.#owner.broke(err))
    else this.#afterBeforeProxy(answer, node)
  }

  #afterBeforeProxy (answer: PhaseResponse | undefined, node: Target): void {
    if (this.#isOver) return
    if (answer === undefined) this.#send(node, false)
    else this.#owner.answer(answer)
  }

  #send (node: Target, isFresh: boolean): void {
    const { host: { monotonicNow: clock }, context, plugins, upstream, upgrade, route } = this.#makings
    const host = upstreamHost(context, upstream, node)
    const trailers = requestTrailers(context, upstream.scheme)
    this.#attempt = createAttempt(this, node, { upstream, host, isFresh, hasTrailers: trailers !== undefined, clock })
    context.figures.attempts.push(this.#attempt.figures)
    if (context.hasBody) context.figures.requestBody = this.#body = this.#newBody()
    this.#attempt.send({
      method: context.upstream.method,
      target: context.upstream.target,
      fields: upstreamFields(context, host, { hasPlugins: plugins.mayEditRequest, hasTrailers: trailers !== undefined }),
      body: this.#body,
      trailers,
      upgrade: upgrade !== undefined && route.enableWebsocket ? context.fields.upgrade : undefined,
      readTimeoutMs: upstream.readTimeoutMs
    })
  }

  #newBody (): RequestBody {
    const { host, context, upstream: { sendTimeoutMs } } = this.#makings
    const { client, bodyAhead: ahead, bodyLimit: limitBytes, collector } = context
    return new RequestBody(client, { ahead, collector, limitBytes, sendTimeoutMs, receiveTimeoutMs: host.settings.clientBodyTimeoutMs })
  }

  attemptFailed (failure: ForwardFailure): void {
    const { host, context, reply, upstream } = this.#makings
    const attempt = this.#attempt
    if (this.#isOver || attempt === undefined) return
    if (failure.source === 'upstream') context.upstreamStatuses.push(failure.status)
    host.log.warn({ err: failure.cause, reqId: context.id, node: attempt.node.address, source: failure.source }, 'upstream request failed')
    if (failure.source === 'downstream') return this.#owner.clientFailed()
    if (reply.isStarted) {
      this.source = 'error'
      this.#reportFailure(failure)
      return reply.breakOff(failure.cause instanceof StreamResetError ? failure.cause.http2Code : undefined)
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
    if (verdict !== 'sameNode') this.#reportFailure(failure)
    switch (verdict) {
      case 'no': return this.#owner.fail(failure.status)
      case 'tooLate':
        this.#logRetryTimeout()
        return this.#owner.fail(502)
      case 'sameNode':
        context.upstreamStatuses.pop()
        context.figures.attempts.pop()
        return this.#send(attempt.node, true)
      case 'nextNode':
        this.#retriesLeft--
        this.#leaveTarget(undefined)
        return this.#pick()
    }
  }

  #reportFailure ({ source, status, retryable }: ForwardFailure): void {
    if (source !== 'upstream' || this.#target === undefined) return
    const { health } = this.#makings.upstream.nodes
    if (!retryable) health.answered(this.#target, status) // it did answer, after its fashion
    else health.failed(this.#target, status === 504 ? 'timeout_failure' : 'tcp_failure')
  }

  #logRetryTimeout (): void {
    const { host, context: { id, tried, triedNodes, figures }, upstream: { retryTimeoutMs } } = this.#makings
    const now = host.now() / 1000
    const deadline = now + (retryTimeoutMs - figures.forwardedMs) / 1000
    host.log.error({ reqId: id, tried: triedNodes }, `proxy retry timeout, retry count: ${tried.length}, deadline: ${deadline.toFixed(3)} now: ${now.toFixed(3)}`)
  }

  // Whatever came of the attempt, the node has one request less.
  #leaveTarget (durationMs: number | undefined): void {
    const target = this.#target
    if (target === undefined) return
    this.#target = undefined
    this.#picker.ended(target, durationMs)
  }

  attemptAnswered (status: number, reason: string, raw: Raw): void {
    const { context, reply, upstream } = this.#makings
    if (this.#target !== undefined) upstream.nodes.health.answered(this.#target, status)
    context.upstreamStatuses.push(status)
    context.upstreamRaw = raw
    this.source = 'upstream'
    if (reply.startFromUpstream(status, reason, raw)) return
    this.source = 'error'
    this.giveUp()
  }

  attemptBrought (chunk: Buffer): void {
    this.#makings.reply.chunk(chunk, this.#attempt)
  }

  attemptEnded (trailers: Raw): void {
    const { context, reply } = this.#makings
    context.figures.answered()
    this.#leaveTarget(this.#attempt?.figures.responseMs)
    this.#attempt = undefined
    reply.end(trailers)
  }

  attemptUpgraded (status: number, raw: Raw, socket: Duplex): void {
    const { context, reply, upgrade, upstream: { readTimeoutMs } } = this.#makings
    context.upstreamStatuses.push(status)
    context.upstreamRaw = raw
    this.source = 'upstream'
    if (upgrade === undefined || !reply.switchProtocols(upgrade.socket, status, context.fields.upgrade ?? '', raw)) {
      socket.destroy()
      return
    }
    upgrade.stopWatching()
    if (upgrade.head.length > 0) socket.write(upgrade.head)
    openTunnel(upgrade.socket, socket, readTimeoutMs, bytes => {
      reply.bytes = bytes
      this.#owner.tunnelEnded(status)
    })
  }
}
