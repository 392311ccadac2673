import { CredentialSchema, resourceKinds, type Credential } from '@clinch/schema'
import { AdminError, refusal } from '../../errors.ts'
import { readStored } from '../stored-object.ts'
import { defineKind } from '../resource-kind.ts'
import { refuseTakenKeys } from '../auth-keys/refuse-taken-keys.ts'
import { checkConsumerPlugins } from '../rules/plugins.ts'

export const credentials = defineKind<Credential>({
  path: 'consumers/{owner}/credentials/{id}',
  noun: resourceKinds.credentials.noun,
  methods: ['GET', 'PUT', 'DELETE'],
  schema: CredentialSchema,
  isMissingWhenEmpty: true,

  async checkAfterSchema ({ id, plugins = {} }, api, { owner = '' }) {
    checkConsumerPlugins(plugins, api)
    const isAuth = Object.keys(plugins).every(name => api.plugins().get(name)?.plugin.type === 'auth')
    if (!isAuth) throw refusal('only supports auth type plugins in consumer credential')
    await refuseTakenKeys(plugins, { username: owner, credentialId: String(id) }, api)
  },

  async requireOwner ({ owner = '' }, { store, prefix }) {
    if (readStored(await store.get(`${prefix}/consumers/${owner}`)) !== undefined) return
    throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: 'consumer not found' })
  }
})
