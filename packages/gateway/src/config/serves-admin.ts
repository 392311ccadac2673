import type { Config } from '@clinch/schema'

/** A data plane never has an Admin API, a control plane always. */
export function servesAdmin ({ apisix, deployment: { role } }: Config): boolean {
  switch (role) {
    case 'traditional': return apisix.enable_admin
    case 'control_plane': return true
    case 'data_plane': return false
  }
}
