import type { Plugin } from '../../contract/plugin.ts'
import { createAdmission } from './admission.ts'
import { OcspAttrSchema } from './attr.ts'
import { registerClientMetrics } from './client-metrics.ts'
import { forwardedFields } from './forward-certificate.ts'
import { RouteConfSchema } from './route-conf.ts'
import { OcspStaplingSchema } from './ssl-settings.ts'
import { statusVariables } from './status-variables.ts'

/**
 * Adds `ocsp_stapling` to ssl resources, which the TLS edge reads, and on a route checks the client's certificate
 * before anything else runs.
 */
export default {
  name: 'ocsp-stapling',
  version: 0.1,
  priority: -44,
  schema: RouteConfSchema,
  attrSchema: OcspAttrSchema,
  resources: { ssl: { ocsp_stapling: OcspStaplingSchema } },
  variables: statusVariables,

  // On every route, and without asking whether one forwards: an upstream that trusts them is reached by several.
  reservedFields: ({ strip_client_cert_fields: areStripped }) => areStripped ? forwardedFields : [],

  init (host) {
    registerClientMetrics(host)
    return undefined
  },

  create: (conf, host) => ({ admit: createAdmission(conf, host) })
} satisfies Plugin<typeof RouteConfSchema, typeof OcspAttrSchema>
