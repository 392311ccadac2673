import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'

/** What routes say to every auth plugin. */
export const authFields = {
  hide_credentials: WithDefault(Type.Boolean({ default: false, description: 'true: the upstream does not get the credential' })),
  anonymous_consumer: Type.Optional(Type.String({ minLength: 1, description: 'username of the consumer as whom requests go on that do not authenticate' }))
}

/** It stands between quotes in `WWW-Authenticate`. */
export function realmField (name: string) {
  return WithDefault(Type.String({ minLength: 1, maxLength: 128, pattern: '^[ !#-\\[\\]-~]+$', default: name }))
}
