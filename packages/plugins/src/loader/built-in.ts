/** What `source` says of a plugin that comes with the gateway. */
export const builtInSource = 'built-in'

/** The plugins that come with the gateway; each is imported only when it is listed. */
export const builtInPlugins: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  'real-ip': () => import('../built-in/real-ip/real-ip.ts'),
  'client-control': () => import('../built-in/client-control/client-control.ts'),
  'request-id': () => import('../built-in/request-id/request-id.ts'),
  'fault-injection': () => import('../built-in/fault-injection/fault-injection.ts'),
  mocking: () => import('../built-in/mocking/mocking.ts'),
  'serverless-pre-function': () => import('../built-in/serverless-pre-function/serverless-pre-function.ts'),
  cors: () => import('../built-in/cors/cors.ts'),
  'ip-restriction': () => import('../built-in/ip-restriction/ip-restriction.ts'),
  'ua-restriction': () => import('../built-in/ua-restriction/ua-restriction.ts'),
  'referer-restriction': () => import('../built-in/referer-restriction/referer-restriction.ts'),
  'uri-blocker': () => import('../built-in/uri-blocker/uri-blocker.ts'),
  'basic-auth': () => import('../built-in/basic-auth/basic-auth.ts'),
  'jwt-auth': () => import('../built-in/jwt-auth/jwt-auth.ts'),
  'key-auth': () => import('../built-in/key-auth/key-auth.ts'),
  'consumer-restriction': () => import('../built-in/consumer-restriction/consumer-restriction.ts'),
  'proxy-rewrite': () => import('../built-in/proxy-rewrite/proxy-rewrite.ts'),
  'limit-conn': () => import('../built-in/limit-conn/limit-conn.ts'),
  'limit-count': () => import('../built-in/limit-count/limit-count.ts'),
  'limit-req': () => import('../built-in/limit-req/limit-req.ts'),
  'traffic-split': () => import('../built-in/traffic-split/traffic-split.ts'),
  redirect: () => import('../built-in/redirect/redirect.ts'),
  'response-rewrite': () => import('../built-in/response-rewrite/response-rewrite.ts'),
  'http-logger': () => import('../built-in/http-logger/http-logger.ts'),
  'file-logger': () => import('../built-in/file-logger/file-logger.ts'),
  prometheus: () => import('../built-in/prometheus/prometheus.ts'),
  'serverless-post-function': () => import('../built-in/serverless-post-function/serverless-post-function.ts'),
  'ocsp-stapling': () => import('../built-in/ocsp-stapling/ocsp-stapling.ts')
}
