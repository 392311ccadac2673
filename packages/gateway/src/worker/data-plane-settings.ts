import type { DataPlaneSettings, ListenAddress } from '@clinch/data-plane'
import { sslProtocols, type Config } from '@clinch/schema'
import { metricPrefixOf } from '../config/metric-prefix.ts'
import { durationMs, sizeBytes } from '../config/units.ts'
import { product } from '../product.ts'

const mebibyte = 2 ** 20

/** What the data plane works with, read from config.yaml once when a worker starts. */
export function dataPlaneSettings (config: Config, ticketSecret: Buffer, trustedCaPem: string | undefined): DataPlaneSettings {
  const { apisix, nginx_config: nginx, clinch } = config
  const { ssl } = apisix
  const keepAliveTimeoutMs = durationMs(nginx.http.keepalive_timeout)
  const headersTimeoutMs = durationMs(nginx.http.client_header_timeout)
  const protocols = ssl.ssl_protocols.split(/ +/)
  const addressOf = (listener: number | { readonly ip?: string, readonly port: number }): ListenAddress => {
    const { ip, port } = typeof listener === 'number' ? { ip: undefined, port: listener } : listener
    return { host: ip ?? (apisix.enable_ipv6 ? undefined : '0.0.0.0'), port }
  }
  const { proxy_protocol: proxies } = apisix
  const behindProxies = (port: number | undefined): ListenAddress[] => port === undefined ? [] : [{ ...addressOf(port), proxyProtocol: true }]
  return {
    http: [...[apisix.node_listen].flat().map(addressOf), ...behindProxies(proxies?.listen_http_port)],
    https: ssl.enable ? [...ssl.listen.map(addressOf), ...behindProxies(proxies?.listen_https_port)] : [],
    proxyProtocolFrom: clinch.proxy_protocol_from,
    tls: {
      protocols: sslProtocols.filter(protocol => protocols.includes(protocol)),
      ciphers: ssl.ssl_ciphers,
      groups: ssl.ssl_ecdh_curve,
      sessionTickets: ssl.ssl_session_tickets,
      ticketSecret,
      http2: apisix.enable_http2,
      keepAliveTimeoutMs,
      headersTimeoutMs,
      handshakeTimeoutMs: headersTimeoutMs,
      fallbackSni: ssl.fallback_sni,
      clientHelloTimeoutMs: clinch.client_hello_timeout_ms,
      maxEndpoints: clinch.max_tls_endpoints,
      unknownNameAlert: clinch.unknown_sni_alert,
      maxHandshakes: clinch.max_handshakes,
      limits: {
        maxHeadBytes: sizeBytes(clinch.max_request_head_size),
        maxHeadFields: clinch.max_request_fields,
        maxStreams: clinch.max_http2_streams,
        framesAtOnce: clinch.http2_frame_burst,
        framesASecond: clinch.http2_frame_rate
      }
    },
    routeMatcher: apisix.router.http,
    serverToken: apisix.enable_server_tokens ? `${product.name}/${product.version}` : product.name,
    showUpstreamStatus: apisix.show_upstream_status_in_response_header,
    realIpHeader: nginx.http.real_ip_header,
    realIpFrom: nginx.http.real_ip_from,
    trustedAddresses: apisix.trusted_addresses,
    keepAliveTimeoutMs,
    headersTimeoutMs,
    metricPrefix: metricPrefixOf(config),
    awaitFirstStapleMs: 3000,
    clientSendTimeoutMs: durationMs(nginx.http.send_timeout),
    clientBodyTimeoutMs: durationMs(nginx.http.client_body_timeout),
    clientMaxRequests: nginx.http.keepalive_requests,
    maxConnections: nginx.event.worker_connections,
    maxConnectionsPerAddress: clinch.max_connections_per_address,
    maxHeadFields: clinch.max_request_fields,
    lingering: {
      maxBytes: sizeBytes(clinch.max_unread_body_size),
      maxMs: durationMs(nginx.http.lingering_time),
      maxSilenceMs: durationMs(nginx.http.lingering_timeout)
    },
    clientMaxBodyBytes: sizeBytes(nginx.http.client_max_body_size) || Infinity,
    names: {
      servers: apisix.dns_resolver,
      validMs: apisix.dns_resolver_valid === undefined ? undefined : apisix.dns_resolver_valid * 1000,
      timeoutMs: apisix.resolver_timeout * 1000,
      ipv6: apisix.enable_ipv6,
      search: apisix.enable_resolv_search_opt
    },
    trustedCaPem,
    healthChecks: !apisix.disable_upstream_healthcheck,
    path: { deleteTailSlash: apisix.delete_uri_tail_slash, likeServlet: apisix.normalize_uri_like_servlet, keepEncodedSlash: apisix.match_uri_encoded_slash },
    bodyVariables: {
      post_arg: apisix.max_post_args_readable_size === 0 ? Infinity : apisix.max_post_args_readable_size * mebibyte,
      graphql: config.graphql?.max_size ?? mebibyte
    }
  }
}
