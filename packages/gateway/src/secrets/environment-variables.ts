import { memberOf, type MemberResult } from './secret-document.ts'

/** The variables that `$env://` may name. */
export interface EnvironmentVariables {
  read (name: string, member?: string): MemberResult
}

/**
 * @param shown - `nginx_config.envs`: names, or `NAME=value` to set one here; undefined: all of the process
 * @param environment - of the process; read once, it does not change
 */
export function createEnvironmentVariables (shown: readonly string[] | undefined, environment: Readonly<Record<string, string | undefined>>): EnvironmentVariables {
  const values = new Map(shown === undefined ? Object.entries(environment) : shown.map(entry => readEntry(entry, environment)))
  return {
    read (name, member) {
      const value = values.get(name)
      if (value !== undefined) return memberOf(value, member)
      const isHidden = environment[name] !== undefined
      return { kind: 'missing', reason: isHidden ? 'the variable is not listed in nginx_config.envs' : 'there is no such environment variable' }
    }
  }
}

function readEntry (entry: string, environment: Readonly<Record<string, string | undefined>>): [string, string | undefined] {
  const at = entry.indexOf('=')
  return at === -1 ? [entry, environment[entry]] : [entry.slice(0, at), entry.slice(at + 1)]
}
