/** What V8's sampling profiler gives, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<{ readonly id: number, readonly callFrame: { readonly functionName: string, readonly url: string, readonly lineNumber: number } }>
  readonly samples: readonly number[]
  /** Microseconds. */
  readonly timeDeltas: readonly number[]
}

export interface Share {
  readonly what: string
  /** Of the time in which the process did anything. */
  readonly share: number
}

/** The greatest first. */
export interface Profile {
  /** Ours, Node's, packages', garbage collection, native. */
  readonly groups: readonly Share[]
  /** Functions of our own, by what they take themselves. */
  readonly own: readonly Share[]
  /** Functions of anybody. `(program)` is what V8 cannot name: for a TLS server mostly OpenSSL. */
  readonly all: readonly Share[]
}

/** Adds samples up. What a native function takes counts as native, whoever called it. */
export function readProfile ({ nodes, samples, timeDeltas }: CpuProfile): Profile {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const groups = new Map<string, number>()
  const own = new Map<string, number>()
  const all = new Map<string, number>()
  let total = 0
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const time = timeDeltas[at] ?? 0
    const group = groupOf(frame)
    total += time
    add(groups, group, time)
    add(all, describeFrame(frame), time)
    if (group === ours) add(own, describeFrame(frame), time)
  }
  return { groups: sharesOf(groups, total), own: sharesOf(own, total), all: sharesOf(all, total) }
}

const ours = 'our own code'

function describeFrame ({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  return [functionName === '' ? '(anonymous)' : functionName, url.replace(/.*\/(?:packages|node_modules)\//, '')].filter(part => part !== '').join(', ')
}

function groupOf ({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url.includes('/node_modules/')) return 'npm packages'
  if (url.includes('/packages/')) return ours
  if (url.startsWith('node:')) return "Node's JavaScript"
  return functionName === '(garbage collector)' ? 'garbage collection' : 'native: TLS, sockets, system calls'
}

function add (times: Map<string, number>, key: string, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time)
}

function sharesOf (times: ReadonlyMap<string, number>, total: number): Share[] {
  return [...times].map(([what, time]) => ({ what, share: time / total })).sort((a, b) => b.share - a.share)
}
