import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client'

/** What a registry holds, as it passes between processes. */
export type MetricObjects = ReadonlyArray<MetricObjectWithValues<MetricValue<string>>>

export interface MetricSource {
  /** As it is now; as it last was, when it takes longer than `limitMs` or has ended. */
  metrics (limitMs: number): Promise<MetricObjects>
}

const limitMs = 5000
/** prom-client's types have numbers for what are words. */
const growing: readonly string[] = ['counter', 'histogram', 'summary']

/** The metrics of all workers as one: what was counted stays counted when a worker ends. */
export class WorkerMetrics {
  #departed: MetricObjects = []

  /** In the text format of Prometheus. */
  async collect (workers: Iterable<MetricSource>): Promise<string> {
    const departed = this.#departed // a worker that ends from here on is asked, and not counted twice
    const present = await Promise.all(Array.from(workers, async worker => await worker.metrics(limitMs)))
    return await sumOf([departed, ...present]).metrics()
  }

  /** A worker has ended. What only grows is kept; what its gauges showed went with it. */
  async depart (last: MetricObjects): Promise<void> {
    const counted = last.filter(({ type }) => growing.includes(String(type)))
    if (counted.length > 0) this.#departed = await sumOf([this.#departed, counted]).getMetricsAsJSON()
  }
}

function sumOf (metrics: readonly MetricObjects[]): Registry {
  return AggregatorRegistry.aggregate([...metrics])
}
