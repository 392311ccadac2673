import { cpus, release } from 'node:os'

/** The machine in one line: figures mean little without it. */
export function describeMachine (): string {
  const all = cpus()
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.versions.node} with OpenSSL ${process.versions.openssl}`
}
