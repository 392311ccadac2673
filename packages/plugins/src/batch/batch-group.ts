import type { Gauge } from 'prom-client'
import type { PluginHost } from '../contract/host.ts'
import type { Disposer } from '../contract/plugin.ts'
import type { PluginScope } from '../contract/scope.ts'
import { reuseGauge } from '../metrics/reuse-metric.ts'
import { Backlog } from './backlog.ts'
import { BatchProcessor } from './batch-processor.ts'
import { batchSettingsOf, type BatchConf } from './schema.ts'

/** A buffer of one configuration. */
export interface Batch<Entry> {
  push (entry: Entry): void
  /** Sends what is left, in the background; nothing is pushed any more. Resolves when it is sent or dropped. */
  close (): Promise<void>
}

type Host = Pick<PluginHost, 'log' | 'share' | 'metrics' | 'metricPrefix' | 'metadata'>

interface Flushed {
  flush (): Promise<void>
}

interface Labels {
  readonly name: string
  readonly route_id: string
}

const defaultMaxPending = 8192
const atEndMs = 5000

/** All buffers of a plugin in this worker: what they hold together is limited, and sent when the worker ends. */
class BatchGroup {
  readonly backlog = new Backlog()
  readonly #labels = new Map<Flushed, Labels>()

  add (processor: Flushed, labels: Labels): void {
    this.#labels.set(processor, labels)
  }

  /** @returns whether it was the last one with its labels */
  delete (processor: Flushed): boolean {
    const own = this.#labels.get(processor)
    this.#labels.delete(processor)
    return ![...this.#labels.values()].some(({ name, route_id: routeId }) => name === own?.name && routeId === own.route_id)
  }

  async flush (): Promise<void> {
    await Promise.all(Array.from(this.#labels.keys(), async processor => await processor.flush()))
  }

  close (): void {}
}

/** For `init` of a logger that sends in batches: when it is let go what waits is sent, within five seconds. */
export function keepBatches (plugin: string, host: Host): Disposer {
  const shared = groupOf(plugin, host)
  return async () => {
    let deadline: NodeJS.Timeout | undefined
    const tooLate = new Promise(resolve => { deadline = setTimeout(resolve, atEndMs).unref() })
    await Promise.race([shared.value.flush(), tooLate])
    clearTimeout(deadline)
    shared.release()
  }
}

/** For `create`: the buffer of one configuration. @param send - rejects when the entries have to be sent again */
export function createBatch<Entry> (plugin: string, conf: BatchConf, host: Host, scope: PluginScope, send: (entries: readonly Entry[]) => Promise<void>): Batch<Entry> {
  const shared = groupOf(plugin, host)
  const { value: group } = shared
  const gauge = pendingGauge(host)
  const labels: Record<keyof Labels, string> = { name: conf.name, route_id: scope.ownerKey.replace(/^routes\//, '') }
  const processor = new BatchProcessor<Entry>(batchSettingsOf(conf), {
    send,
    backlog: group.backlog,
    maxPending: () => Number(host.metadata()?.['max_pending_entries'] ?? defaultMaxPending),
    log: host.log,
    onChange: entries => gauge.inc(labels, entries),
    clock: () => performance.now()
  })
  group.add(processor, labels)
  return {
    push: entry => processor.push(entry),
    async close () {
      await processor.flush()
      if (group.delete(processor)) gauge.remove(labels)
      shared.release()
    }
  }
}

function groupOf (plugin: string, host: Host) {
  return host.share(`batches of ${plugin}`, () => new BatchGroup())
}

function pendingGauge ({ metrics, metricPrefix: prefix }: Host): Gauge {
  return reuseGauge(metrics, { name: `${prefix}batch_process_entries`, help: 'Log entries that are not sent yet', labelNames: ['name', 'route_id'], aggregator: 'sum' })
}
