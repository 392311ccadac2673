import { StreamRouteSchema, resourceKinds, type StreamRoute } from '@clinch/schema'
import ipaddr from 'ipaddr.js'
import type { CheckContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { isJsonObject } from '../../json.ts'
import { defineKind } from '../resource-kind.ts'
import { requireObjectOf, requireService, requireUpstream } from '../rules/references.ts'
import { encryptUpstreamKey } from '../rules/upstream.ts'

/** Stored, for an etcd that is shared with gateways that proxy streams; this one does not. */
export const streamRoutes = defineKind<StreamRoute>({
  path: 'stream_routes/{id}',
  noun: resourceKinds.stream_routes.noun,
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  schema: StreamRouteSchema,
  filterMembers: ['service_id', 'upstream_id'],
  holders: [{
    collection: 'stream_routes',
    uses: [{ isIn: hasSuperior, sentence: id => `can not delete this stream route directly, stream route [${id}] is still using it as superior_id` }]
  }],

  requireUsable ({ streamMode }) {
    if (streamMode !== true) throw new AdminError('ADMIN_ERR_CONFIGURATION_INVALID', { error_msg: 'stream mode is disabled, can not add stream routes' })
  },

  async checkAfterSchema (route, api) {
    await requireUpstream(route.upstream_id, api)
    await requireService(route.service_id, api)
    if (route.protocol !== undefined) await checkProtocol(route.protocol, route.id, api)
    checkAddresses(route)
    const [plugin] = Object.keys(route.plugins ?? {})
    if (plugin !== undefined) throw refusal(`unknown plugin [${plugin}]`) // there are none for streams
  },

  encryptKeys: encryptUpstreamKey
})

// Which protocols there are is for xRPC to say, and there is none here: in the end each is unknown.
async function checkProtocol ({ name, superior_id: superiorId }: NonNullable<StreamRoute['protocol']>, id: StreamRoute['id'], api: CheckContext): Promise<void> {
  if (superiorId !== undefined) {
    if (String(superiorId) === String(id)) throw refusal('stream route can not set itself as superior_id')
    const superior = await requireObjectOf('stream_routes', superiorId, `stream routes[${superiorId}]`, api)
    const protocol = isJsonObject(superior?.['protocol']) ? superior['protocol']['name'] : undefined
    if (superior !== undefined && protocol !== name) throw refusal(`protocol mismatch: subordinate protocol [${name}] does not match superior protocol [${String(protocol)}]`)
  }
  throw refusal(`unknown protocol [${name}]`)
}

// The schema lets networks through that are none, such as 1.2.3.400/8.
function checkAddresses (route: StreamRoute): void {
  for (const member of ['remote_addr', 'server_addr'] as const) {
    const address = route[member]
    if (address !== undefined && !ipaddr.isValid(address) && !ipaddr.isValidCIDR(address)) throw refusal(`invalid ${member}: ${address}`)
  }
}

function hasSuperior ({ protocol }: Readonly<Record<string, unknown>>, id: string): boolean {
  return isJsonObject(protocol) && protocol['superior_id'] !== undefined && String(protocol['superior_id']) === id
}
