import { ProtoSchema, resourceKinds, type Proto } from '@clinch/schema'
import { refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { defineKind } from '../resource-kind.ts'
import { hasMember } from '../rules/in-use.ts'
import { judgeProto } from '../rules/proto.ts'

export const protos = defineKind<Proto>({
  path: 'protos/{id}',
  noun: resourceKinds.protos.noun,
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  schema: ProtoSchema,
  holders: ['route', 'service'].map(holder => ({
    collection: `${holder}s`,
    uses: [{ isIn: transcodesBy, sentence: id => `can not delete this proto, ${holder} [${id}] is still using it now` }]
  })),

  async checkAfterSchema ({ content }) {
    const wrong = judgeProto(content)
    if (wrong !== undefined) throw refusal(`invalid content: ${wrong}`)
  }
})

function transcodesBy ({ plugins }: JsonObject, id: string): boolean {
  const transcode = isJsonObject(plugins) ? plugins['grpc-transcode'] : undefined
  return isJsonObject(transcode) && hasMember('proto_id')(transcode, id)
}
