import { join, relative, resolve } from 'node:path'

/** What a running gateway keeps in its `data_dir` for those who look for it. */
export interface InstanceFiles {
  /** The socket it answers at. */
  readonly socket: string
  /** Its process id, for people and supervisors. Whether it runs, the socket tells: an id may be another's by now. */
  readonly pid: string
}

export function instanceFiles (dataDir: string): InstanceFiles {
  return { socket: shortest(join(dataDir, 'clinch.sock')), pid: join(dataDir, 'clinch.pid') }
}

// Linux takes 107 octets.
function shortest (path: string): string {
  const absolute = resolve(path)
  const fromHere = relative(process.cwd(), absolute)
  return fromHere.length < absolute.length ? `./${fromHere}` : absolute
}
