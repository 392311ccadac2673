import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Pool } from 'undici'

// A load of small GETs with a client certificate. One line of JSON asks for a load, one answers when it is over; the
// connections stay. Started by mutual-tls-load.ts, ends with its standard input.
interface Settings { readonly port: number, readonly cert: string, readonly key: string, readonly connections: number }

const [file = ''] = process.argv.slice(2)
const { port, cert, key, connections } = JSON.parse(readFileSync(file, 'utf8')) as Settings
const pool = new Pool(`https://localhost:${port}`, { connections, keepAliveTimeout: 600_000, connect: { cert, key, rejectUnauthorized: false } })

for await (const line of createInterface(process.stdin)) {
  const { path, seconds } = JSON.parse(line) as { path: string, seconds: number }
  process.stdout.write(`${JSON.stringify(await load(path, seconds))}\n`)
}
await pool.destroy()

async function load (path: string, seconds: number): Promise<{ done: number, failed: number }> {
  const deadline = performance.now() + seconds * 1000
  const counts = { done: 0, failed: 0 }
  const requestOver = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const { statusCode, body } = await pool.request({ method: 'GET', path })
      await body.dump()
      if (statusCode === 200) counts.done++
      else counts.failed++
    }
  }
  await Promise.all(Array.from({ length: connections }, requestOver))
  return counts
}
