import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program or a header file that a scenario needs, with the Debian packages that have it. */
export interface Program {
  readonly name: string
  readonly debianPackages: string
  readonly isThere: () => boolean
}

export const nginx = program('nginx', 'nginx-light', ['/usr/sbin/nginx'])
export const wrk = program('wrk', 'wrk')
export const etcd = program('etcd', 'etcd-server')
export const gcc = program('gcc', 'gcc libc6-dev')
export const taskset = program('taskset', 'util-linux')
export const openssl = program('openssl', 'openssl')
export const opensslHeaders: Program = {
  name: 'the OpenSSL headers',
  debianPackages: 'libssl-dev',
  isThere: () => ['/usr/include/openssl/ssl.h', '/usr/local/include/openssl/ssl.h'].some(file => can(file, constants.R_OK))
}

/** One sentence with what to type; undefined when nothing is missing. */
export function describeMissing (missing: readonly Program[]): string | undefined {
  if (missing.length === 0) return undefined
  const names = missing.map(({ name }) => name)
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return `${list} ${names.length === 1 ? 'is' : 'are'} missing: apt-get install ${missing.map(({ debianPackages }) => debianPackages).join(' ')}`
}

function program (name: string, debianPackages: string, alsoAt: readonly string[] = []): Program {
  return {
    name,
    debianPackages,
    isThere: () => [...(process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, name)), ...alsoAt].some(file => can(file, constants.X_OK))
  }
}

function can (file: string, mode: number): boolean {
  try {
    accessSync(file, mode)
    return true
  } catch {
    return false
  }
}
