import type { Config } from '@clinch/schema'

/** What every metric's name begins with: the prometheus plugin's setting counts for the gateway's own as well. */
export function metricPrefixOf ({ plugin_attr: attrs }: Config): string {
  const configured = attrs['prometheus']?.['metric_prefix']
  return typeof configured === 'string' ? configured : 'apisix_'
}
