import type { RequestContext } from '../../contract/request-context.ts'
import type { Substitution } from '../../regex/substitution.ts'
import { compileTemplate } from '../../template/compile-template.ts'
import { encodePath, encodeUnsendable } from '../../uri/encode-path.ts'

export interface TargetConf {
  readonly uri: string | undefined
  readonly regexPairs: readonly Substitution[]
  /** `use_real_request_uri_unsafe` */
  readonly isUnsafe: boolean
}

export interface RewrittenTarget {
  readonly target: string
  /** Of the pair of `regex_uri` that matched. */
  readonly captures: RegExpExecArray | undefined
}

/**
 * Compiles the rules for the request target towards the upstream (plugins.md 3.3): `uri`, else the first pair of
 * `regex_uri` that matches, else the path as it was matched; then the client's query. Where the path already had
 * a `?`, which was `%3F` in the request, none may open a query.
 */
export function compileTarget ({ uri, regexPairs, isUnsafe }: TargetConf): (context: RequestContext) => RewrittenTarget {
  const renderUri = uri === undefined ? undefined : compileTemplate(uri, { mapValue: value => value.replaceAll('?', '%3F') })

  return context => {
    const base = isUnsafe ? rawPathOf(context.target) : context.uri
    let path = base
    let captures: RegExpExecArray | undefined
    if (renderUri !== undefined) path = renderUri(context)
    else ({ path, captures } = substitute(base, regexPairs))
    // a capture may begin with anything, `http://` included; a request line begins with a slash
    if (!path.startsWith('/')) path = `/${path}`

    const canHaveQuery = renderUri !== undefined || (regexPairs.length > 0 && !base.includes('?'))
    const queryAt = canHaveQuery ? path.indexOf('?') : -1
    const target = isUnsafe ? encodeUnsendable(path) : encode(path, queryAt)
    const joint = queryAt === -1 ? '?' : '&'
    return { target: context.query === '' ? target : target + joint + context.query, captures }
  }
}

function substitute (base: string, pairs: readonly Substitution[]): { path: string, captures: RegExpExecArray | undefined } {
  for (const pair of pairs) {
    const substituted = pair.once(base)
    if (substituted !== undefined) return { path: substituted.text, captures: substituted.match }
  }
  return { path: base, captures: undefined }
}

function encode (path: string, queryAt: number): string {
  return queryAt === -1 ? encodePath(path) : encodePath(path.slice(0, queryAt)) + encodeUnsendable(path.slice(queryAt))
}

// What stands before the query, without the scheme and authority of an absolute-form target.
function rawPathOf (target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').replace(/[?#].*$/s, '')
  return path === '' ? '/' : path
}
