import type { RequestOutcome } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { CounterSeries, HistogramSeries } from '../../metrics/series.ts'
import { compileTemplate } from '../../template/compile-template.ts'
import { extraLabelsOf } from './extra-labels.ts'
import { labelValuesOf } from './label-values.ts'
import { disabledLabels } from './metadata.ts'
import { metricLabels, type TrafficMetric } from './metric-labels.ts'
import type { TrafficHost, TrafficMetrics } from './traffic-metrics.ts'

/** Where requests of one route, node, status, … are counted. */
export interface RequestSeries {
  readonly status: CounterSeries
  readonly ingress: CounterSeries
  readonly egress: CounterSeries
  readonly request: HistogramSeries
  readonly apisix: HistogramSeries
  /** Asked for only when an upstream was: a series that is there is shown. */
  upstream (): HistogramSeries
}

/** Of those that nobody comes back to there would be no end; then all are looked up anew. */
const maxKnown = 10_000

const noRoute = {}

/**
 * Finds the series of a request. Those of one route are a tree, a level for each thing that can differ between its requests,
 * so that labels are put together once for all requests that are alike.
 */
export class SeriesFinder {
  readonly #metrics: TrafficMetrics
  readonly #host: TrafficHost
  readonly #prefersNames: boolean
  readonly #extra: Readonly<Record<TrafficMetric, readonly Render[]>>
  /** Each template once, whichever labels it is for. */
  readonly #templates: readonly Render[]
  #routes = new WeakMap<object, Branch>()
  #known = 0
  #metadata: object | undefined
  #disabled = disabledIn(undefined)
  #generation = 0

  constructor (metrics: TrafficMetrics, host: TrafficHost, prefersNames: boolean) {
    const renderers = new Map<string, Render>()
    const compiled = (metric: TrafficMetric) => extraLabelsOf(host.attr, metric).map(({ template }) => {
      const render = renderers.get(template) ?? compileTemplate(template)
      renderers.set(template, render)
      return render
    })
    this.#metrics = metrics
    this.#host = host
    this.#prefersNames = prefersNames
    this.#extra = { http_status: compiled('http_status'), http_latency: compiled('http_latency'), bandwidth: compiled('bandwidth') }
    this.#templates = [...renderers.values()]
  }

  find (context: RequestContext, outcome: RequestOutcome): RequestSeries {
    this.#forgetWhatIsOld()
    let branch = this.#branchOf(context.route ?? noRoute)
      .at(context.triedNodes.at(-1) ?? '')
      .at(outcome.status)
      .at(outcome.source)
      .at(context.matchedUri)
      .at(context.matchedHost)
      .at(context.consumer?.username ?? '')
    for (const render of this.#templates) branch = branch.at(render(context))
    return (branch.series ??= this.#make(context, outcome))
  }

  #forgetWhatIsOld (): void {
    const { status, latency, bandwidth } = this.#metrics
    const metadata = this.#host.metadata()
    const generation = status.generation + latency.generation + bandwidth.generation // none of them goes back
    if (metadata === this.#metadata && generation === this.#generation && this.#known < maxKnown) return
    this.#routes = new WeakMap()
    this.#known = 0
    this.#metadata = metadata
    this.#disabled = disabledIn(metadata)
    this.#generation = generation
  }

  #branchOf (route: object): Branch {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const made = new Branch()
    this.#routes.set(route, made)
    return made
  }

  #make (context: RequestContext, outcome: RequestOutcome): RequestSeries {
    const { status, latency, bandwidth } = this.#metrics
    const values = labelValuesOf(context, outcome, this.#prefersNames)
    const ofStatus = this.#valuesFor('http_status', values, context)
    const [, ...ofLatency] = this.#valuesFor('http_latency', values, context)
    const [, ...ofBandwidth] = this.#valuesFor('bandwidth', values, context)
    this.#known++
    return {
      status: status.of(ofStatus),
      ingress: bandwidth.of(['ingress', ...ofBandwidth]),
      egress: bandwidth.of(['egress', ...ofBandwidth]),
      request: latency.of(['request', ...ofLatency]),
      apisix: latency.of(['apisix', ...ofLatency]),
      upstream: once(() => latency.of(['upstream', ...ofLatency]))
    }
  }

  // `type`, where it is the first label, is for the caller to say
  #valuesFor (metric: TrafficMetric, values: Readonly<Record<string, string>>, context: RequestContext): string[] {
    const disabled = this.#disabled[metric]
    const own = metricLabels[metric].map(name => disabled.has(name) ? '' : values[name] ?? '')
    return [...own, ...this.#extra[metric].map(render => render(context))]
  }
}

type Render = (context: RequestContext) => string

class Branch {
  series: RequestSeries | undefined
  #branches: Map<string | number, Branch> | undefined

  at (value: string | number): Branch {
    this.#branches ??= new Map()
    const known = this.#branches.get(value)
    if (known !== undefined) return known
    const made = new Branch()
    this.#branches.set(value, made)
    return made
  }
}

function once<Value> (make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}

function disabledIn (metadata: object | undefined): Readonly<Record<TrafficMetric, ReadonlySet<string>>> {
  return { http_status: disabledLabels(metadata, 'http_status'), http_latency: disabledLabels(metadata, 'http_latency'), bandwidth: disabledLabels(metadata, 'bandwidth') }
}
