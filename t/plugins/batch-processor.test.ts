import t from 'tap'
import { Backlog } from '../../packages/plugins/src/batch/backlog.ts'
import { BatchProcessor, type BatchSettings } from '../../packages/plugins/src/batch/batch-processor.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const patient: BatchSettings = { name: 'test', maxSize: 3, bufferDurationMs: 3_600_000, inactiveTimeoutMs: 3_600_000, maxRetryCount: 0, retryDelayMs: 0 }

interface World {
  readonly settings?: Partial<BatchSettings>
  readonly maxPending?: number
  readonly backlog?: Backlog
  /** Rejects as often as that. */
  readonly failures?: number
  readonly send?: (entries: readonly number[]) => Promise<void>
  readonly clock?: () => number
}

function makeProcessor ({ settings = {}, maxPending = 100, backlog = new Backlog(), failures = 0, send, clock = () => performance.now() }: World = {}) {
  const batches: Array<readonly number[]> = []
  const recorder = recordLog()
  let pending = 0
  let failuresLeft = failures
  const processor = new BatchProcessor<number>({ ...patient, ...settings }, {
    async send (entries) {
      batches.push(entries)
      await send?.(entries)
      if (failuresLeft-- > 0) throw new Error('down')
    },
    backlog,
    maxPending: () => maxPending,
    log: recorder.log,
    onChange: entries => { pending += entries },
    clock
  })
  return { processor, batches, backlog, recorder, pending: () => pending }
}

t.test('a full buffer is sent at once, in order', async t => {
  const { processor, batches, pending } = makeProcessor()
  for (let entry = 1; entry <= 7; entry++) processor.push(entry)
  t.same(batches, [[1, 2, 3], [4, 5, 6]])
  t.equal(pending(), 7, 'what is under way counts')
  await processor.flush()
  t.same(batches, [[1, 2, 3], [4, 5, 6], [7]])
  t.equal(pending(), 0)
})

t.test('of a size of one nothing waits', async t => {
  const { processor, batches } = makeProcessor({ settings: { maxSize: 1 } })
  processor.push(1)
  processor.push(2)
  t.same(batches, [[1], [2]])
})

t.test('a buffer is sent when nothing more has come for a while', async t => {
  const { processor, batches } = makeProcessor({ settings: { inactiveTimeoutMs: 10 } })
  processor.push(1)
  processor.push(2)
  await until(() => batches.length === 1)
  t.same(batches, [[1, 2]])
})

t.test('a buffer to which something keeps coming is sent when its oldest entry is old enough', async t => {
  let now = 0
  const { processor, batches } = makeProcessor({ settings: { maxSize: 1000, inactiveTimeoutMs: 5, bufferDurationMs: 100 }, clock: () => now })
  let pushed = 0
  await until(() => {
    now += 3 // never quiet for the inactive timeout
    processor.push(++pushed)
    return batches.length > 0
  })
  t.ok(now > 100, 'not before')
  t.equal(batches[0]?.[0], 1)
})

t.test('what cannot be sent is sent again, then dropped with a line that says so', async t => {
  const { processor, batches, recorder, backlog } = makeProcessor({ settings: { maxRetryCount: 2 }, failures: 2 })
  for (const entry of [1, 2, 3]) processor.push(entry)
  await processor.flush()
  t.same(batches, [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
  t.same(recorder.messages(50), [])

  const down = makeProcessor({ settings: { maxRetryCount: 1 }, failures: Infinity })
  for (const entry of [1, 2, 3]) down.processor.push(entry)
  await down.processor.flush()
  t.equal(down.batches.length, 2)
  t.same(down.recorder.messages(50), ['Batch Processor[test] exceeded the max_retry_count[1] dropping the entries'])
  t.match(down.recorder.lines.at(-1), { entries: 3 })
  t.equal(down.backlog.pending + backlog.pending, 0, 'there is room again')
})

t.test('as many entries wait as there is room for, in all buffers together; those beyond are dropped and told of once a second', async t => {
  const backlog = new Backlog()
  let now = 0
  const clock = () => now
  const release = Promise.withResolvers<void>()
  const one = makeProcessor({ backlog, maxPending: 5, clock, send: async () => await release.promise })
  const two = makeProcessor({ backlog, maxPending: 5, clock })
  for (let entry = 1; entry <= 4; entry++) one.processor.push(entry)
  for (let entry = 1; entry <= 4; entry++) two.processor.push(entry)
  t.equal(backlog.pending, 5)
  t.same(two.recorder.messages(50), ['max pending entries limit exceeded. discarding entry'])
  now = 1000
  two.processor.push(5)
  t.match(two.recorder.lines.at(-1), { dropped: 3, pending: 5, max_pending_entries: 5 })
  release.resolve()
  await one.processor.flush()
  two.processor.push(6)
  await two.processor.flush()
  t.same(two.batches, [[1, 6]])
})

t.test('a server that does not answer is sent eight batches side by side, not all of them', async t => {
  const release = Promise.withResolvers<void>()
  const { processor, batches } = makeProcessor({ settings: { maxSize: 1 }, send: async () => await release.promise })
  for (let entry = 1; entry <= 20; entry++) processor.push(entry)
  t.equal(batches.length, 8)
  release.resolve()
  await processor.flush()
  t.same(batches.flat(), Array.from({ length: 20 }, (_, at) => at + 1))
})
