import { createFieldMatcher, type PluginCatalog, type VariableReader } from '@clinch/plugins'

/** What the loaded plugins mean to every request, whichever route it matches. */
export interface PluginClaims {
  /** A field that no client may send. */
  readonly isReserved: (name: string) => boolean
  readonly variables: ReadonlyMap<string, VariableReader>
}

export function claimsOf ({ reservedFields, variables }: Pick<PluginCatalog, 'reservedFields' | 'variables'>): PluginClaims {
  return { isReserved: createFieldMatcher(reservedFields), variables }
}

export const noClaims: PluginClaims = { isReserved: () => false, variables: new Map() }
