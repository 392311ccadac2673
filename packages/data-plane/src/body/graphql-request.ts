import { createRequire } from 'node:module'
import type * as Graphql from 'graphql'

/** What a GraphQL document asks for first. */
export interface GraphqlRequest {
  readonly operation: 'query' | 'mutation' | 'subscription'
  /** Empty for one without a name. */
  readonly name: string
  readonly rootFields: readonly string[]
}

/** Parsing costs time for each; a document that people wrote has fewer. */
const mostTokens = 20_000

/** The first operation of a document; undefined for a text that is none. */
export function readGraphql (document: string): GraphqlRequest | undefined {
  try {
    const { definitions } = graphql().parse(document, { noLocation: true, maxTokens: mostTokens })
    const operation = definitions.find((definition): definition is Graphql.OperationDefinitionNode => definition.kind === 'OperationDefinition')
    if (operation === undefined) return undefined
    const rootFields = operation.selectionSet.selections.flatMap(selection => 'name' in selection && selection.name !== undefined ? [selection.name.value] : [])
    return { operation: operation.operation, name: operation.name?.value ?? '', rootFields }
  } catch {
    return undefined // no GraphQL, or nested so deep that no parser takes it
  }
}

const require = createRequire(import.meta.url)

// Loaded for the first document: most workers never see one.
function graphql (): typeof Graphql {
  return require('graphql') as typeof Graphql // that is what it is
}
