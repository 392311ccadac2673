import type { SecretHttp } from './secret-http.ts'
import type { Fetched } from '../secret-document.ts'

/**
 * Asks for one document. Never rejects, and its reasons are words of ours: what a manager answers is never quoted.
 *
 * @param conf - checked against the manager's schema, defaults in place, `$env://` resolved
 * @param path - as the reference has it; segments are not empty, `.` or `..`
 */
export type SecretManager<Conf> = (conf: Conf, path: string, http: SecretHttp) => Promise<Fetched>
