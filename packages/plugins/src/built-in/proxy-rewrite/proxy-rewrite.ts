import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { findHeaderFault } from '../../header/header-fault.ts'
import { compileHeaders, editsOf } from './headers.ts'
import { findRegexFault, parseRegexPairs } from './regex-uri.ts'
import { ProxyRewriteSchema } from './schema.ts'
import { compileTarget } from './target.ts'

/** Changes path, host, method and headers of the request towards the upstream. */
export default {
  name: 'proxy-rewrite',
  version: 0.1,
  priority: 1008,
  schema: ProxyRewriteSchema,

  check: conf => findRegexFault(conf.regex_uri ?? []) ?? findHeaderFault(editsOf(conf.headers)),

  create (conf) {
    const rewriteTarget = compileTarget({
      uri: conf.uri,
      regexPairs: parseRegexPairs(conf.regex_uri ?? []),
      isUnsafe: conf.use_real_request_uri_unsafe === true
    })
    const editHeaders = compileHeaders(conf.headers)
    const { host, method } = conf
    return {
      rewrite (context) {
        const { target, captures } = rewriteTarget(context)
        context.upstream.target = target
        if (host !== undefined) context.upstream.host = host
        if (method !== undefined) context.upstream.method = method
        editHeaders(context, captures)
        return CONTINUE
      }
    }
  }
} satisfies Plugin<typeof ProxyRewriteSchema>
