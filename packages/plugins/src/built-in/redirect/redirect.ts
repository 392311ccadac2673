import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { compileSubstitution } from '../../regex/substitution.ts'
import { compileHttpsLocation, compileLocation } from './location.ts'
import { RedirectAttrSchema, RedirectSchema } from './schema.ts'

/** Sends the client elsewhere: to https, to a location of a template, or to what a pattern makes of the path. */
export default {
  name: 'redirect',
  version: 0.1,
  priority: 900,
  schema: RedirectSchema,
  attrSchema: RedirectAttrSchema,

  check ({ http_to_https: toHttps, append_query_string: hasQuery, regex_uri: regexUri }) {
    if (toHttps === true && hasQuery) return 'only one of `http_to_https` and `append_query_string` can be configured.'
    if (regexUri === undefined) return undefined
    const [pattern = '', replacement = ''] = regexUri
    const compiled = compileSubstitution(pattern, replacement)
    return compiled.kind === 'refused' ? `invalid regex_uri (${pattern}, ${replacement}), err:${compiled.reason}` : undefined
  },

  create (conf, { attr, tlsPorts }) {
    if (conf.http_to_https === undefined) {
      const locate = compileLocation(conf)
      return {
        rewrite (context) {
          const location = locate(context)
          return location === undefined ? CONTINUE : redirectTo(location, conf.ret_code)
        }
      }
    }
    if (!conf.http_to_https) return {}
    const locate = compileHttpsLocation(attr.https_port ?? tlsPorts[0])
    return {
      rewrite (context) {
        if ((context.variable('http_x_forwarded_proto') ?? context.scheme) === 'https') return CONTINUE
        if (context.host === '') return withoutHost
        return redirectTo(locate(context), context.method === 'GET' || context.method === 'HEAD' ? 301 : 308)
      }
    }
  }
} satisfies Plugin<typeof RedirectSchema, typeof RedirectAttrSchema>

/** A client of HTTP/1.0 that says no host cannot be sent to it, and must not pass either. */
const withoutHost: PhaseResult = Object.freeze({ kind: 'respond', response: { status: 400 } })

function redirectTo (location: string, status: number): PhaseResult {
  return { kind: 'respond', response: { status, headers: { Location: location } } }
}
