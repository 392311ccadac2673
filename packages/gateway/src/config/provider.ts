import type { Config } from '@clinch/schema'

export type Provider = 'embedded' | 'etcd' | 'yaml' | 'json'

/** Where the resources of this role are (`deployment.role_{role}.config_provider`). */
export function providerOf ({ deployment }: Pick<Config, 'deployment'>): Provider {
  switch (deployment.role) {
    case 'traditional': return deployment.role_traditional.config_provider
    case 'control_plane': return deployment.role_control_plane?.config_provider ?? 'etcd'
    case 'data_plane': return deployment.role_data_plane?.config_provider ?? 'etcd'
  }
}

/** Do the resources come as a whole, in a file or in one request? */
export function isDocument (provider: Provider): provider is 'yaml' | 'json' {
  return provider === 'yaml' || provider === 'json'
}
