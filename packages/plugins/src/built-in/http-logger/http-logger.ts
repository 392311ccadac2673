import { WithDefault, StringEnum } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { createBatch, keepBatches } from '../../batch/batch-group.ts'
import { batchFields, batchMetadataFields } from '../../batch/schema.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { isFieldValue } from '../../header/field-value.ts'
import { bodyConditionFault } from '../../log-entry/body-conditions.ts'
import { createEntryBuilder } from '../../log-entry/entry-builder.ts'
import { bodyFields, logFormatFields, logMetadataFields } from '../../log-entry/schema.ts'
import { LogServer } from './log-server.ts'

const name = 'http-logger'

const schema = Type.Object({
  uri: Type.String({ pattern: String.raw`^[^/]+://([\da-zA-Z.-]+|\[[\da-fA-F:]+\])(:\d+)?` }),
  auth_header: Type.Optional(Type.String()),
  timeout: WithDefault(Type.Integer({ minimum: 1, default: 3, description: 'seconds' })),
  concat_method: WithDefault(StringEnum(['json', 'new_line'], { default: 'json' })),
  ssl_verify: WithDefault(Type.Boolean({ default: false })),
  ...logFormatFields,
  ...bodyFields,
  ...batchFields('http logger')
})

/** Sends an entry for every request to an HTTP server, several at once. */
export default {
  name,
  version: 0.1,
  priority: 410,
  schema,
  metadataSchema: Type.Object({ ...logMetadataFields, ...batchMetadataFields }),
  encryptFields: ['auth_header'],

  check (conf) {
    if (!URL.canParse(conf.uri) || !['http:', 'https:'].includes(new URL(conf.uri).protocol)) return 'property "uri" validation failed: it must be the URL of an HTTP server'
    if (conf.auth_header !== undefined && !isFieldValue(conf.auth_header)) return 'property "auth_header" validation failed: it cannot be sent in a header'
    return bodyConditionFault(conf)
  },

  init: host => keepBatches(name, host),

  create (conf, host, scope) {
    const server = new LogServer(conf)
    if (!server.isSecure) host.log.warn({ owner: scope.ownerKey }, 'Using http-logger uri with no TLS is a security risk')
    else if (!conf.ssl_verify) host.log.warn({ owner: scope.ownerKey }, 'Keeping ssl_verify disabled in http-logger configuration is a security risk')
    const entries = createEntryBuilder(conf, host)
    const batch = createBatch<string>(name, conf, host, scope, async texts => await server.send(texts))
    return {
      ...entries.phases,
      log (context, outcome) {
        batch.push(JSON.stringify({ route_id: 'no-matched', ...entries.build(context, outcome) }), context.variable('server_addr') ?? '')
      },
      close () {
        batch.close().then(async () => await server.close()).catch((err: unknown) => host.log.warn({ err }, 'log server connections did not close'))
      }
    }
  }
} satisfies Plugin<typeof schema>
