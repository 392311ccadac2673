import { readdirSync, readlinkSync } from 'node:fs'
import { Client } from 'undici'
import type { Clinch } from '../peers/clinch.ts'
import type { Scope } from '../scope.ts'

const mostAttempts = 200

/** A kept connection to each worker. The kernel deals connections out, so they are opened until every worker has one. */
export async function openOnEveryWorker (scope: Scope, { gateway, workerPids }: Clinch): Promise<Client[]> {
  const byWorker = new Map<number, Client>()
  for (let attempt = 0; attempt < mostAttempts && byWorker.size < workerPids.length; attempt++) {
    const before = new Map(workerPids.map(pid => [pid, socketsOf(pid)]))
    const client = new Client(`http://127.0.0.1:${gateway.httpPort}`)
    scope.teardown(async () => await client.close())
    const { body } = await client.request({ method: 'GET', path: '/' })
    await body.dump()
    const owner = workerPids.find(pid => socketsOf(pid) > (before.get(pid) ?? 0))
    if (owner !== undefined && !byWorker.has(owner)) byWorker.set(owner, client)
  }
  if (byWorker.size < workerPids.length) throw new Error('not every worker took a connection')
  return [...byWorker.values()]
}

function socketsOf (pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter(name => isSocket(`${folder}/${name}`)).length
}

function isSocket (path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    return false // closed since the folder was read
  }
}
