import type { FoundConsumer, PhaseResponse } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { JoinedChains, PhaseChain } from './phase-chain.ts'
import { emptyChain } from './phase-chain.ts'
import type { AnsweringStep, PhaseStep } from './phase-step.ts'
import type { PluginSet } from './plugin-set.ts'
import { runSteps, type PhaseContext } from './run-phases.ts'

/** The parts of a matched route that its plugins are run by. */
export interface PluggedRoute {
  readonly chain: PhaseChain
  readonly joined: JoinedChains
}

/** Where the plugins come from that are no route's. */
export interface PluginSources {
  readonly globals: PhaseChain
  readonly consumers: { setsOf (consumer: FoundConsumer): readonly PluginSet[] | undefined }
}

type Answer = PhaseResponse | undefined

const stages = ['global admit', 'route admit', 'global rewrite', 'route rewrite', 'consumer rewrite', 'global access', 'route access'] as const

/** The plugins of one request: those of the global rules, of the route and of the consumer, in the order of data-plane.md 3.3. */
export class PluginRun {
  headerFilters: ReadonlyArray<PhaseStep<'headerFilter'>>
  bodyFilters: ReadonlyArray<PhaseStep<'bodyFilter'>>
  logSteps: ReadonlyArray<PhaseStep<'log'>>
  readonly #sources: PluginSources
  readonly #log: Logger
  #route: PluggedRoute | undefined
  /** Of the route, with what a consumer brought. */
  #chain = emptyChain
  #consumerSets: readonly PluginSet[] = []
  #stage = 0

  constructor (sources: PluginSources, log: Logger) {
    this.#sources = sources
    this.#log = log
    this.headerFilters = sources.globals.headerFilter
    this.bodyFilters = sources.globals.bodyFilter
    this.logSteps = sources.globals.log
  }

  get beforeProxy (): readonly AnsweringStep[] { return joined(this.#sources.globals.beforeProxy, this.#chain.beforeProxy) }

  /** A plugin sees the request before it goes out, so its fields may not be what the gateway made them. */
  get mayEditRequest (): boolean { return this.#sources.globals.mayEditRequest || this.#chain.mayEditRequest }

  get plugins (): ReadonlySet<string> { return this.#chain.plugins }

  use (route: PluggedRoute): void {
    this.#route = route
    this.#chain = route.chain
  }

  /**
   * What comes before a node is picked, until a plugin answers or nothing is left. As long as no plugin waits for
   * something no promise is made.
   */
  run (context: PhaseContext): Answer | Promise<Answer> {
    for (let steps = this.#next(context); steps !== undefined; steps = this.#next(context)) {
      if ('status' in steps) return steps
      if (steps.length === 0) continue
      const answer = runSteps(steps, context, this.#log)
      if (answer instanceof Promise) return answer.then(late => late ?? this.run(context))
      if (answer !== undefined) return answer
    }
    return undefined
  }

  /** The request is over. */
  release (): void {
    for (const set of this.#consumerSets) set.release()
  }

  // `admit` is ours, and comes before everything
  #next (context: PhaseContext): readonly AnsweringStep[] | PhaseResponse | undefined {
    const { globals } = this.#sources
    const stage = stages[this.#stage++]
    if (stage === undefined) return undefined
    switch (stage) {
      case 'global admit': return globals.admit
      case 'route admit':
        this.#useFilters()
        return this.#chain.admit
      case 'global rewrite':
        this.#useGlobalFilters()
        return globals.rewrite
      case 'route rewrite':
        this.#useFilters()
        return this.#chain.rewrite
      case 'consumer rewrite': return this.#joinConsumer(context)
      case 'global access': return globals.access
      case 'route access': return this.#chain.access
    }
  }

  /** The plugins that the consumer brings join the route's; those that are new have their `rewrite` still before them. */
  #joinConsumer ({ id, consumer }: PhaseContext): readonly AnsweringStep[] | PhaseResponse {
    if (consumer === undefined || this.#route === undefined) return []
    const sets = this.#sources.consumers.setsOf(consumer)
    if (sets === undefined) {
      this.#log.error({ reqId: id, consumer: consumer.username }, `failed to fetch consumer group config by id: ${consumer.groupId}`)
      return { status: 503 }
    }
    if (sets.every(({ instances }) => instances.size === 0)) return []
    this.#consumerSets = sets.map(set => set.hold())
    const before = this.#chain.plugins
    this.#chain = this.#route.joined.with(sets)
    this.#useFilters()
    // who calls is settled: an auth plugin of a group has nothing more to say
    const isAuth = (plugin: string): boolean => sets.some(({ instances }) => instances.get(plugin)?.isAuth === true)
    return this.#chain.rewrite.filter(({ plugin }) => !before.has(plugin) && !isAuth(plugin))
  }

  // A route whose global rules answered in its place has no say in the answer.
  #useGlobalFilters (): void {
    const { globals } = this.#sources
    this.headerFilters = globals.headerFilter
    this.bodyFilters = globals.bodyFilter
    this.logSteps = globals.log
  }

  #useFilters (): void {
    const { globals } = this.#sources
    this.headerFilters = joined(globals.headerFilter, this.#chain.headerFilter)
    this.bodyFilters = joined(globals.bodyFilter, this.#chain.bodyFilter)
    this.logSteps = joined(globals.log, this.#chain.log)
  }
}

function joined<Step> (globals: readonly Step[], route: readonly Step[]): readonly Step[] {
  if (route.length === 0) return globals
  return globals.length === 0 ? route : [...globals, ...route]
}
