import { runInNewContext } from 'node:vm'
import { PatternTimeout, compilePattern } from '@clinch/plugins'
import { AdminError } from '../../errors.ts'

const deadlineMs = 500

/**
 * Which of the candidates have a text that a regular expression is found in. The expression comes from a client, who
 * may be a mere viewer, and some expressions take for ever: the search runs under a deadline.
 *
 * @param pattern - as for PCRE
 * @throws AdminError ADMIN_ERR_ARGUMENT_INVALID for what is no expression, or takes too long
 */
export function searchTexts (argument: string, pattern: string, candidates: ReadonlyArray<readonly string[]>): boolean[] {
  const compiled = compilePattern(pattern)
  if (compiled.kind === 'refused') throw refused(argument, compiled.reason)
  try {
    const hits: unknown = runInNewContext(
      'JSON.stringify(candidates.map(texts => texts.some(text => pattern.test(text))))',
      { pattern: compiled.pattern, candidates }, { timeout: deadlineMs })
    return JSON.parse(String(hits)) as boolean[] // one for each candidate, from the line above
  } catch (cause) {
    if (!isTimeout(cause) && !(cause instanceof PatternTimeout)) throw cause
    throw refused(argument, 'the search takes too long')
  }
}

function refused (argument: string, reason: string): AdminError {
  return new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: `invalid argument ${argument}: ${reason}` })
}

function isTimeout (error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
