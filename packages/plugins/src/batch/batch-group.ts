import { isDeepStrictEqual } from 'node:util'
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
  /** @param serverAddress - at which its request came in */
  push (entry: Entry, serverAddress: string): void
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
  readonly server_addr: string
}

const defaultMaxPending = 8192
const atEndMs = 5000

/** All buffers of a plugin in this worker: what they hold together is limited, and sent when the worker ends. */
class BatchGroup {
  readonly backlog = new Backlog()
  /** Under which labels each counts; none before its first entry. */
  readonly #labels = new Map<Flushed, Labels | undefined>()

  add (processor: Flushed, labels: Labels | undefined): void {
    this.#labels.set(processor, labels)
  }

  /** @returns the labels of which it was the last one */
  delete (processor: Flushed): Labels | undefined {
    const own = this.#labels.get(processor)
    this.#labels.delete(processor)
    return [...this.#labels.values()].some(labels => isDeepStrictEqual(labels, own)) ? undefined : own
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
  let labels: Record<keyof Labels, string> | undefined
  const processor = new BatchProcessor<Entry>(batchSettingsOf(conf), {
    send,
    backlog: group.backlog,
    maxPending: () => Number(host.metadata()?.['max_pending_entries'] ?? defaultMaxPending),
    log: host.log,
    onChange: entries => { if (labels !== undefined) gauge.inc(labels, entries) },
    clock: () => performance.now()
  })
  group.add(processor, labels)
  return {
    push (entry, serverAddress) {
      if (labels === undefined) {
        labels = { name: conf.name, route_id: scope.ownerKey.replace(/^routes\//, ''), server_addr: serverAddress }
        group.add(processor, labels)
      }
      processor.push(entry)
    },
    async close () {
      await processor.flush()
      const gone = group.delete(processor)
      if (gone !== undefined) gauge.remove({ ...gone })
      shared.release()
    }
  }
}

function groupOf (plugin: string, host: Host) {
  return host.share(`batches of ${plugin}`, () => new BatchGroup())
}

function pendingGauge ({ metrics, metricPrefix: prefix }: Host): Gauge {
  return reuseGauge(metrics, { name: `${prefix}batch_process_entries`, help: 'Log entries that are not sent yet', labelNames: ['name', 'route_id', 'server_addr'], aggregator: 'sum' })
}
