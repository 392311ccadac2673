import type { Plugin } from '../../contract/plugin.ts'
import type { PluginPhases } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { compileExpression } from '../../expression/compile-expression.ts'
import { compileHeaderEdits } from '../../header/header-edits.ts'
import { findFilterFault } from './body-filters.ts'
import { editsOf, findResponseHeaderFault } from './headers.ts'
import { compileBodyRewrite, type BodyRewrite } from './response-body.ts'
import { ResponseRewriteSchema } from './schema.ts'

/** Changes status, headers and body of responses, whoever made them. */
export default {
  name: 'response-rewrite',
  version: 0.1,
  priority: 899,
  schema: ResponseRewriteSchema,

  check ({ body, body_base64: isBase64, headers, filters = [], vars = [] }) {
    if (isBase64 && !isBase64Text(body ?? '')) return 'invalid base64 content'
    const expression = compileExpression(vars)
    if (expression.kind === 'invalid') return `failed to validate the 'vars' expression: ${expression.reason}`
    return findFilterFault(filters) ?? findResponseHeaderFault(headers)
  },

  create (conf, { log }): PluginPhases {
    const { status_code: status, vars = [], headers } = conf
    const expression = compileExpression(vars)
    const applies = expression.kind === 'expression' ? expression.test : () => true
    const editHeaders = compileHeaderEdits(editsOf(headers))
    const startBody = compileBodyRewrite(conf, log)
    const note = Symbol('response-rewrite')
    const bodyOf = (context: RequestContext) => context.notes.get(note) as BodyRewrite | undefined // set below only

    return {
      headerFilter (context, response) {
        if (!applies(context)) return
        const body = startBody?.(context, response.headers)
        if (body !== undefined) {
          context.notes.set(note, body)
          response.headers.deleteWhere(name => ofTheBody.has(name.toLowerCase()))
        }
        if (status !== undefined) response.status = status
        editHeaders(response.headers, context)
      },

      ...startBody === undefined
        ? {}
        : {
            bodyFilter: (context, chunk, isLast) => bodyOf(context)?.take(chunk, isLast) ?? chunk,
            log: context => bodyOf(context)?.close()
          }
    }
  }
} satisfies Plugin<typeof ResponseRewriteSchema>

/** What the upstream says of the body that it sent, and what is no longer true of another one. */
const ofTheBody = new Set([
  'content-length', 'content-encoding', 'last-modified', 'etag', 'content-digest', 'repr-digest', 'digest', 'content-md5'
])

function isBase64Text (text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.replaceAll('=', '').length % 4 !== 1
}
