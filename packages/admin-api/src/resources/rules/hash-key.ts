import { compileValidator, type Upstream } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { refusal } from '../../errors.ts'

/** What `key` may be for each `hash_on` of a consistent hash. `A-z` is APISIX's. */
export const hashKeySchemas = {
  vars: Type.String({ pattern: '^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$' }),
  header: Type.String({ pattern: '^[a-zA-Z0-9-_]+$' }),
  cookie: Type.String({ pattern: '^[a-zA-Z0-9-_]+$' }),
  vars_combinations: Type.String()
} as const

export function checkHashKey (hashOn: Upstream['hash_on'], key: string | undefined): void {
  if (hashOn === 'consumer') return
  if (key === undefined) throw refusal('missing key')
  const result = compileValidator(hashKeySchemas[hashOn], { fillDefaults: false })(key)
  if (result.kind === 'invalid') throw refusal(`invalid configuration: ${result.issue.message}`)
}
