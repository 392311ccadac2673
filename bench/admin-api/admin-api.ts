import { Pool } from 'undici'
import { percentile } from '../measuring/median.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'

export const adminApi: Scenario = {
  name: 'admin-api',
  measures: 'durable PUTs of a route a second, embedded store, two workers',
  needs: [],
  run
}

const clientCounts = [1, 16, 64] as const
const routes = 1000 // the same ones over and over, so that the configuration stays of one size

async function run ({ seconds, scope, note }: RunOptions): Promise<Report> {
  note('admin-api: starting the gateway')
  const clinch = await startClinch(scope, { workers: 2 })
  const rows: string[][] = []
  for (const clients of clientCounts) {
    note(`admin-api: ${clients} clients`)
    const timesMs = await putForAWhile(clinch, clients, seconds)
    rows.push([String(clients), (timesMs.length / seconds).toFixed(0), percentile(timesMs, 0.5).toFixed(1), percentile(timesMs, 0.99).toFixed(1)])
  }
  return { columns: ['clients', 'PUT/s', 'p50, ms', 'p99, ms'], rows, remarks: ['An answered PUT is on disk (synchronous=FULL). Client, gateway and workers share the machine.'] }
}

async function putForAWhile ({ gateway }: Clinch, clients: number, seconds: number): Promise<number[]> {
  const pool = new Pool(gateway.adminUrl, { connections: clients })
  const timesMs: number[] = []
  const deadline = performance.now() + seconds * 1000
  let next = 0
  const put = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const id = next++ % routes
      const start = performance.now()
      const { statusCode, body } = await pool.request({
        method: 'PUT',
        path: `/apisix/admin/routes/${id}`,
        headers: { 'x-api-key': gateway.key },
        body: JSON.stringify({ uri: `/put/${id}/*`, upstream: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } })
      })
      const text = await body.text()
      if (statusCode >= 300) throw new Error(`PUT of a route: ${statusCode} ${text}`)
      timesMs.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: clients }, put))
  await pool.close()
  return timesMs
}
