/**
 * Keys of config.yaml that the schema knows and nothing acts on. A mapping stands for everything below it. The second
 * part says what happens instead, where that is not simply nothing. t/docs/configuration.test.ts compares this list
 * with the sources.
 */
export const unreadKeys: ReadonlyMap<string, string> = new Map([
  ['apisix.enable_dev_mode', ''],
  ['apisix.enable_reuseport', 'the workers share one (docs/adr/0004)'],
  ['apisix.extra_lua_path', 'there is none'],
  ['apisix.extra_lua_cpath', 'there is none'],
  ['apisix.lua_module_hook', 'there is none'],
  ['apisix.proxy_protocol.enable_tcp_pp', 'the listeners are not opened'],
  ['apisix.proxy_protocol.enable_tcp_pp_to_upstream', 'the listeners are not opened'],
  ['apisix.proxy_cache', ''],
  ['apisix.router.ssl', 'there is one way only'],
  ['apisix.stream_proxy', 'the listeners are not opened'],
  ['apisix.ssl.listen[].enable_http3', 'the port speaks TLS over TCP only'],
  ['apisix.control.router', ''],
  ['apisix.disable_sync_configuration_during_start', ''],
  ['apisix.lru.secret.count', ''],
  ['apisix.lru.secret.neg_count', ''],
  ['apisix.tracing', ''],
  ['apisix.id', ''],
  ['stream_plugins', ''],
  ['deployment.admin.enable_admin_ui', 'there is none'],
  ['deployment.etcd.resync_delay', 'it is 0.05 to 2 s'],
  ['ext-plugin', ''],
  ['wasm', ''],
  ['xrpc', ''],
  ['discovery', 'upstreams with a `service_name` are answered 503']
])

/** What the list says of a key, such as `apisix.status.port`, or of a mapping around it; undefined: it has an effect. */
export function insteadOf (key: string): string | undefined {
  for (const [unread, instead] of unreadKeys) if (key === unread || key.startsWith(`${unread}.`)) return instead
  return undefined
}
