import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { StoreEvent } from '@clinch/store'
import type { Etcd } from '../support/etcd.ts'
import { revisionOf } from './watch-recorder.ts'

interface CtlEvent {
  readonly type?: number
  readonly kv: { readonly key: string, readonly value?: string, readonly create_revision?: number, readonly mod_revision: number }
}

/** What happened between two revisions as etcd's own client tells it. The last one must be of this prefix. */
export async function readEtcdHistory (etcd: Etcd, prefix: string, fromRevision: number, toRevision: number): Promise<StoreEvent[]> {
  const args = [`--endpoints=${etcd.url}`, 'watch', '--prefix', `--rev=${fromRevision}`, '--write-out=json', prefix]
  const ctl = spawn('etcdctl', args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ETCDCTL_API: '3' } })
  const events: StoreEvent[] = []
  for await (const line of createInterface(ctl.stdout)) {
    events.push(...(JSON.parse(line) as { Events: CtlEvent[] }).Events.map(readEvent))
    const last = events.at(-1)
    if (last !== undefined && revisionOf(last) >= toRevision) break
  }
  ctl.kill()
  return events
}

function readEvent ({ type, kv }: CtlEvent): StoreEvent {
  const key = decode(kv.key)
  if (type === 1) return { kind: 'delete', key, modRevision: kv.mod_revision }
  const entry = { key, value: decode(kv.value ?? ''), createRevision: kv.create_revision ?? 0, modRevision: kv.mod_revision }
  return { kind: 'put', entry }
}

function decode (base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
