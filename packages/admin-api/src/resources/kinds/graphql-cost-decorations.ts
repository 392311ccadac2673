import { GraphqlCostDecorationSchema, resourceKinds, type GraphqlCostDecoration } from '@clinch/schema'
import type { CheckContext } from '../../context.ts'
import { AdminError, refusal } from '../../errors.ts'
import { readCollection } from '../collection.ts'
import { folderOf, type Place } from '../place.ts'
import { defineKind } from '../resource-kind.ts'
import { readStored } from '../stored-object.ts'

export const graphqlCostDecorations = defineKind<GraphqlCostDecoration>({
  path: 'services/{owner}/graphql_cost_decorations/{id}',
  noun: resourceKinds.graphql_cost_decorations.noun,
  schema: GraphqlCostDecorationSchema,
  hasSubPaths: false,
  fixedMembers: ['service_id'],
  isMissingWhenEmpty: true,

  placed (sent, { owner }) {
    if (sent['service_id'] !== undefined && String(sent['service_id']) !== owner) throw refusal('wrong service_id, it is taken from the path')
    return { ...sent, service_id: owner }
  },

  checkAfterSchema: refuseSecondOfField,

  async requireOwner ({ owner = '' }, { store, prefix }) {
    if (readStored(await store.get(`${prefix}/services/${owner}`)) !== undefined) return
    throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: 'service not found' })
  }
})

async function refuseSecondOfField ({ id: ownId, field_path: field }: GraphqlCostDecoration, api: CheckContext, place: Place): Promise<void> {
  const others = await readCollection(api, folderOf(graphqlCostDecorations, place))
  const other = others.find(({ id, value }) => value['field_path'] === field && id !== String(ownId ?? ''))
  if (other !== undefined) throw refusal(`field_path ${field} is already decorated on this service by [${other.id}]`)
}
