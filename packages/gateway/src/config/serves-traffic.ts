import type { Config } from '@clinch/schema'

/** A control plane has no workers and opens no port for traffic. */
export function servesTraffic ({ deployment: { role } }: Pick<Config, 'deployment'>): boolean {
  return role !== 'control_plane'
}
