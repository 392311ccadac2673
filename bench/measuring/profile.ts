import type { TestGateway } from '../../t/support/gateway.ts'
import { until } from '../../t/support/gateway.ts'

export interface ProfileShare {
  readonly what: string
  /** Of the time in which the process did anything. */
  readonly share: number
}

export interface Profile {
  /** Ours, Node's, packages', collecting garbage, native; the greatest first. */
  readonly groups: readonly ProfileShare[]
  /** Functions of our own by what they take themselves, the greatest first. */
  readonly own: readonly ProfileShare[]
  /** Functions in JavaScript that are not ours. */
  readonly others: readonly ProfileShare[]
}

interface CpuProfile {
  readonly nodes: ReadonlyArray<{ readonly id: number, readonly callFrame: { readonly functionName: string, readonly url: string, readonly lineNumber: number } }>
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Samples a worker while `load` runs, through the inspector that SIGUSR1 opens. What native code takes counts for its caller. */
export async function profileWorker (gateway: TestGateway, pid: number, load: () => Promise<unknown>): Promise<Profile> {
  process.kill(pid, 'SIGUSR1')
  await until(() => /Debugger listening on \S+/.test(gateway.output), () => 'the worker opened no inspector')
  const [, url = ''] = /Debugger listening on (\S+)/.exec(gateway.output) ?? []
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = () => reject(new Error(`no inspector at ${url}`)) })
  let lastId = 0
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    const id = ++lastId
    const answered = new Promise(resolve => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as { id: number, result: unknown }
        if (message.id === id) resolve(message.result)
      })
    })
    socket.send(JSON.stringify({ id, method, params }))
    return await answered
  }
  await call('Profiler.enable')
  await call('Profiler.setSamplingInterval', { interval: 500 })
  await call('Profiler.start')
  await load()
  const { profile } = await call('Profiler.stop') as { profile: CpuProfile }
  socket.close()
  return judge(profile)
}

function judge ({ nodes, samples, timeDeltas }: CpuProfile): Profile {
  const byId = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const groups = new Map<string, number>()
  const own = new Map<string, number>()
  const others = new Map<string, number>()
  let total = 0
  for (const [at, id] of samples.entries()) {
    const frame = byId.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const time = timeDeltas[at] ?? 0
    const group = groupOf(frame.functionName, frame.url)
    const name = `${frame.functionName || '(anonymous)'} ${frame.url.replace(/.*\/(packages|node_modules)\//, '')}:${frame.lineNumber + 1}`
    total += time
    add(groups, group, time)
    add(group === 'our own code' ? own : others, name, time)
  }
  const shares = (times: Map<string, number>): ProfileShare[] => [...times].map(([what, time]) => ({ what, share: time / total })).sort((a, b) => b.share - a.share)
  return { groups: shares(groups), own: shares(own), others: shares(others) }
}

function groupOf (name: string, url: string): string {
  if (url.includes('/node_modules/')) return 'npm packages'
  if (url.includes('/packages/')) return 'our own code'
  if (url.startsWith('node:')) return 'JavaScript of Node'
  return name === '(garbage collector)' ? 'garbage collection' : 'native code (TLS, sockets, system calls)'
}

function add (times: Map<string, number>, key: string, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time)
}
