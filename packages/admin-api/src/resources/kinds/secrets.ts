import { isSecretManager, secretManagerSchemas } from '@clinch/schema'
import { refusal } from '../../errors.ts'
import { byManager } from '../naming.ts'
import { defineKind } from '../resource-kind.ts'

/** Where secrets are kept: an account at a manager. */
export const secrets = defineKind<unknown>({
  path: 'secrets/{owner}/{id}',
  noun: 'secret',
  methods: ['GET', 'PUT', 'DELETE', 'PATCH'],
  naming: byManager,
  schemaAt: ({ owner = '' }) => {
    if (!isSecretManager(owner)) throw refusal(`invalid secret manager: ${owner}`)
    return secretManagerSchemas[owner]
  }
})
