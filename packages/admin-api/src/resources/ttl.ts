import { AdminError } from '../errors.ts'

/** etcd's shortest lease with its default election timeout, and its longest. */
const shortestSeconds = 2
const longestSeconds = 9_000_000_000

/**
 * The seconds of `?ttl=`; undefined without one. A fraction is the store's to refuse.
 *
 * @throws AdminError ADMIN_ERR_ARGUMENT_INVALID
 */
export function readTtl (query: URLSearchParams): number | undefined {
  const text = query.get('ttl')
  if (text === null) return undefined
  const seconds = text.trim() === '' ? NaN : Number(text)
  if (!Number.isFinite(seconds)) throw refused('should be a number')
  if (seconds > longestSeconds) throw refused(`should be at most ${longestSeconds}`)
  return Math.max(seconds, shortestSeconds)
}

function refused (reason: string): AdminError {
  return new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: `invalid argument ttl: ${reason}` })
}
