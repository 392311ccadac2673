/** The plugins that come with the gateway; each is imported only when it is listed. */
export const builtInPlugins: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  'request-id': () => import('../built-in/request-id/request-id.ts'),
  'ip-restriction': () => import('../built-in/ip-restriction/ip-restriction.ts'),
  'basic-auth': () => import('../built-in/basic-auth/basic-auth.ts'),
  'jwt-auth': () => import('../built-in/jwt-auth/jwt-auth.ts'),
  'key-auth': () => import('../built-in/key-auth/key-auth.ts'),
  'consumer-restriction': () => import('../built-in/consumer-restriction/consumer-restriction.ts'),
  'proxy-rewrite': () => import('../built-in/proxy-rewrite/proxy-rewrite.ts'),
  prometheus: () => import('../built-in/prometheus/prometheus.ts'),
  'ocsp-stapling': () => import('../built-in/ocsp-stapling/ocsp-stapling.ts')
}
