import type { Config } from '@clinch/schema'
import { changedProperties, valueAt, withValueAt, type PropertyPath } from './property-path.ts'

/**
 * What the primary reads once, with everything below it: a reload names those that changed, and they take effect after a
 * restart. All others are applied by a reload.
 */
export const restartProperties: readonly PropertyPath[] = [
  'apisix.enable_admin',
  'apisix.enable_control',
  'apisix.control',
  'apisix.status',
  'apisix.proxy_mode',
  'apisix.data_encryption',
  'apisix.lru',
  'apisix.ssl.ssl_trusted_certificate',
  'nginx_config.error_log',
  'nginx_config.envs',
  'plugin_attr.prometheus.metric_prefix',
  'plugin_attr.ocsp-stapling.cache_dir',
  'plugin_attr.ocsp-stapling.share',
  'plugin_attr.ocsp-stapling.max_in_flight',
  'plugin_attr.ocsp-stapling.max_in_flight_per_responder',
  'deployment.role',
  'deployment.role_traditional',
  'deployment.role_control_plane',
  'deployment.role_data_plane',
  'deployment.etcd',
  'deployment.admin.admin_listen',
  'deployment.admin.https_admin',
  'deployment.admin.admin_api_mtls',
  'deployment.admin.admin_api_version',
  'clinch.data_dir',
  'clinch.session_ticket_keys',
  'clinch.session_ticket_key_lifetime'
]

/** What a file that was read again says otherwise than the process was started with, where only a restart can follow. */
export function propertiesThatWait (started: Config, fresh: Config): PropertyPath[] {
  return restartProperties.flatMap(path => changedProperties(valueAt(started, path), valueAt(fresh, path), path))
}

/** The file as far as the process can follow it: the properties that wait are as it was started. */
export function withoutWaiting (started: Config, fresh: Config): Config {
  return restartProperties.reduce((config, path) => withValueAt(config, path, valueAt(started, path)), fresh)
}
