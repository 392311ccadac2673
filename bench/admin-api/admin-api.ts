import { Etcd3 } from 'etcd3'
import { startEtcd } from '../../t/support/etcd.ts'
import { percentile } from '../measuring/median.ts'
import { startClinch } from '../peers/clinch.ts'
import { etcd as etcdServer } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { AdminClient } from './admin-client.ts'

export const adminApi: Scenario = {
  name: 'admin-api',
  measures: 'durable PUTs of a route a second on both stores, beside a bare etcd3 client; a list of 10,000 routes',
  needs: [etcdServer],
  run
}

const clientCounts = [1, 16, 64] as const
const routes = 1000 // the same ones over and over, so that the configuration stays of one size
const listed = 10_000

async function run ({ seconds, scope, note }: RunOptions): Promise<Report> {
  const etcd = await startEtcd(scope)
  const rows: string[][] = []
  for (const store of ['embedded', 'etcd'] as const) {
    note(`admin-api: starting the gateway, ${store} store`)
    const clinch = await startClinch(scope, { workers: 2, ...(store === 'etcd' ? { etcd: etcd.url } : {}) })
    const client = new AdminClient(clinch.gateway.adminUrl, clinch.gateway.key)
    scope.teardown(async () => await client.close())
    for (const clients of clientCounts) {
      note(`admin-api: ${store}, ${clients} clients`)
      rows.push([store, `${clients} clients`, ...figuresOf(await forAWhile(clients, seconds, at => client.put(`routes/${at % routes}`, routeAt(at % routes))), seconds)])
    }
    note(`admin-api: ${store}, ${listed} routes`)
    await fill(client)
    rows.push([store, `list of ${listed}`, ...figuresOf(await forAWhile(1, seconds, async () => { await client.get('routes') }), seconds)])
  }
  const bare = new Etcd3({ hosts: etcd.url })
  scope.teardown(() => bare.close())
  for (const clients of clientCounts) {
    note(`admin-api: bare etcd3, ${clients} clients`)
    rows.push(['bare etcd3', `${clients} clients`, ...figuresOf(await forAWhile(clients, seconds, async at => { await bare.put(`/bare/routes/${at % routes}`).value(JSON.stringify(routeAt(at % routes))) }), seconds)])
  }
  return {
    columns: ['store', 'what', 'a second', 'p50, ms', 'p99, ms'],
    rows,
    remarks: ['An answered PUT is durable: on disk (synchronous=FULL), or in etcd. Client, gateway, workers and etcd share the machine.']
  }
}

function routeAt (id: number): object {
  return { uri: `/put/${id}/*`, upstream: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } }
}

async function fill (client: AdminClient): Promise<void> {
  let next = routes
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (next < listed) {
      const id = next++
      await client.put(`routes/${id}`, routeAt(id))
    }
  }))
}

/** @returns how long each call took, in milliseconds */
async function forAWhile (clients: number, seconds: number, call: (at: number) => Promise<void>): Promise<number[]> {
  const timesMs: number[] = []
  const deadline = performance.now() + seconds * 1000
  let next = 0
  await Promise.all(Array.from({ length: clients }, async () => {
    while (performance.now() < deadline) {
      const start = performance.now()
      await call(next++)
      timesMs.push(performance.now() - start)
    }
  }))
  return timesMs
}

function figuresOf (timesMs: readonly number[], seconds: number): string[] {
  return [(timesMs.length / seconds).toFixed(timesMs.length / seconds < 100 ? 1 : 0), percentile(timesMs, 0.5).toFixed(1), percentile(timesMs, 0.99).toFixed(1)]
}
