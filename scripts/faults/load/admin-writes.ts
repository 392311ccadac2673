import { setTimeout as wait } from 'node:timers/promises'
import type { WrittenConfiguration } from '../written-configuration.ts'
import type { Load, LoadContext } from './load.ts'

/** Counted for itself: what fails there was acknowledged and is not there. */
export const writtenLoad = 'acknowledged writes read back'
const load = 'Admin API'
const keys = 40
const pauseMs = 40
const afterFailureMs = 200

/** The path that a data plane answers with the version of the route. */
export function pathOf (key: string): string {
  return `/configuration/${key}`
}

/** Routes are written, overwritten and deleted, and what was acknowledged is read back. */
export function adminWrites (written: WrittenConfiguration): Load {
  return async context => {
    const { signal, random } = context
    for (let version = 1; !signal.aborted; version++) {
      const key = `faults-${random.below(keys)}`
      await write(context, written, key, random.chance(0.1) ? undefined : String(version))
      await wait(pauseMs)
    }
  }
}

async function write (context: LoadContext, written: WrittenConfiguration, key: string, version: string | undefined): Promise<void> {
  const status = version === undefined
    ? await ask(context, 'DELETE', key)
    : await ask(context, 'PUT', key, { uri: pathOf(key), plugins: { 'fault-injection': { abort: { http_status: 200, body: version } } } })
  if (status === undefined) {
    written.unanswered(key, version)
    await wait(afterFailureMs)
    return
  }
  written.acknowledged(key, version)
  const read = await readVersion(context, key)
  if (read === 'unknown') return
  const lost = written.judge(key, read.version)
  if (lost === undefined) context.tally.count(writtenLoad, 'ok')
  else context.tally.fail(writtenLoad, lost)
}

/** What the Admin API has under a key. */
export async function readVersion (context: LoadContext, key: string): Promise<{ readonly version: string | undefined } | 'unknown'> {
  let value: unknown
  const status = await ask(context, 'GET', key, undefined, body => { value = body })
  if (status === undefined) return 'unknown'
  // what a GET of a route answers (docs/admin-api.md), and what `write` has put there
  const route = value as { readonly value?: { readonly plugins: { readonly 'fault-injection': { readonly abort: { readonly body: string } } } } }
  return { version: route.value?.plugins['fault-injection'].abort.body }
}

/** Undefined: it was not done as far as we know; whether that was to be expected is counted. */
async function ask ({ cluster, outages, tally }: LoadContext, method: string, key: string, body?: object, take?: (body: unknown) => void): Promise<number | undefined> {
  const beganMs = Date.now()
  let why: string
  try {
    const answer = await cluster.admin(method, `routes/${key}`, body)
    if ([200, 201, 404].includes(answer.status)) {
      tally.count(load, 'ok')
      take?.(answer.body)
      return answer.status
    }
    why = `${answer.status} ${JSON.stringify(answer.body)}`
  } catch (err) {
    const { message, cause } = err as Error
    why = cause instanceof Error ? `${message}: ${cause.message}` : message
  }
  if (outages.explainsNoWrite(beganMs, Date.now())) tally.count(load, 'no answer while etcd or the control plane was away')
  else tally.fail(load, `${method} ${key}: ${why}`)
  return undefined
}
