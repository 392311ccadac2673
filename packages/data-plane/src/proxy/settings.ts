import { AddressSet } from '@clinch/plugins'
import type { BodyVariableLimits } from '../body/body-variables.ts'
import type { PathOptions } from '../router/normalize-path.ts'
import { defaultClientLimits } from './client-limits.ts'
import type { LingeringLimits } from './unread-body.ts'

const mebibyte = 2 ** 20

/** What the HTTP side takes from config.yaml. */
export interface ProxySettings {
  /** The value of `Server`. */
  readonly serverToken: string
  /** `apisix.show_upstream_status_in_response_header` */
  readonly showUpstreamStatus: boolean
  /** `nginx_config.http.real_ip_header` and `real_ip_from`. */
  readonly realIpHeader: string
  readonly realIpFrom: readonly string[]
  /** `apisix.trusted_addresses`; undefined when unset, which is not the same as empty. */
  readonly trustedAddresses: readonly string[] | undefined
  /** `nginx_config.http.send_timeout`: how long a client may take nothing of an answer; 0 for no limit. */
  readonly clientSendTimeoutMs?: number
  /** `nginx_config.http.client_body_timeout`: how long a client may send nothing of a body; 0 for no limit. */
  readonly clientBodyTimeoutMs?: number
  /** `nginx_config.http.client_max_body_size`; Infinity for no limit. */
  readonly clientMaxBodyBytes?: number
  /** `nginx_config.http.keepalive_requests`: how many requests a connection of a client may carry. */
  readonly clientMaxRequests?: number
  /** Fields of a request. */
  readonly maxHeadFields?: number
  readonly lingering?: LingeringLimits
  readonly path?: PathOptions
  readonly bodyVariables?: BodyVariableLimits
}

/** The settings as a request uses them. */
export interface CompiledSettings {
  readonly serverToken: string
  readonly showUpstreamStatus: boolean
  /** In lower case. */
  readonly realIpHeader: string
  readonly realIpFrom: AddressSet
  readonly trustedAddresses: AddressSet | undefined
  readonly clientSendTimeoutMs: number
  readonly clientBodyTimeoutMs: number
  readonly clientMaxBodyBytes: number
  readonly clientMaxRequests: number
  readonly maxHeadFields: number
  readonly lingering: LingeringLimits
  readonly path: PathOptions
  readonly bodyVariables: BodyVariableLimits
}

export function compileSettings (settings: ProxySettings): CompiledSettings {
  return {
    serverToken: settings.serverToken,
    showUpstreamStatus: settings.showUpstreamStatus,
    realIpHeader: settings.realIpHeader.toLowerCase(),
    realIpFrom: new AddressSet(settings.realIpFrom.filter(entry => entry !== 'unix:')), // there is no such listener here
    trustedAddresses: settings.trustedAddresses === undefined ? undefined : new AddressSet(settings.trustedAddresses),
    clientSendTimeoutMs: settings.clientSendTimeoutMs ?? 10_000,
    clientBodyTimeoutMs: settings.clientBodyTimeoutMs ?? 60_000,
    clientMaxBodyBytes: settings.clientMaxBodyBytes ?? Infinity,
    clientMaxRequests: settings.clientMaxRequests ?? 1000,
    maxHeadFields: settings.maxHeadFields ?? defaultClientLimits.maxHeadFields,
    lingering: settings.lingering ?? { maxBytes: 16 * mebibyte, maxMs: 30_000, maxSilenceMs: 5000 },
    path: settings.path ?? { deleteTailSlash: false, likeServlet: false, keepEncodedSlash: false },
    bodyVariables: settings.bodyVariables ?? { post_arg: 64 * mebibyte, graphql: mebibyte }
  }
}
