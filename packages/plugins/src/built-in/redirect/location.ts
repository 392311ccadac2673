import type { RequestContext } from '../../contract/request-context.ts'
import { toFieldValue } from '../../header/field-value.ts'
import { compileSubstitution } from '../../regex/substitution.ts'
import { compileTemplate } from '../../template/compile-template.ts'
import { encodePath } from '../../uri/encode-path.ts'
import type { Redirect } from './schema.ts'

/** Where a request is sent; undefined: it goes on. */
export type Locate = (context: RequestContext) => string | undefined

/** Compiles `uri` or `regex_uri` with what is done to their result. */
export function compileLocation ({ uri, regex_uri: regexUri, encode_uri: isEncoded, append_query_string: hasQuery }: Redirect): Locate {
  const clean = isEncoded ? undefined : withoutTricks
  const locate = uri === undefined ? compileRegexUri(regexUri ?? [], clean) : compileTemplate(uri, { plainNames: true, ...clean === undefined ? {} : { mapValue: clean } })
  return context => {
    const located = locate(context)
    if (located === undefined) return undefined
    const location = inUtf8(isEncoded ? encodeUpToQuery(located) : located)
    return toFieldValue(hasQuery ? withQuery(location, context.query) : location)
  }
}

/** The same target over https, as the client wrote it, on a port that is named unless it is the usual one. */
export function compileHttpsLocation (port: number | undefined): (context: RequestContext) => string {
  const suffix = port === undefined || port === 443 || port < 1 || port > 65535 ? '' : `:${port}`
  return ({ host, target, uri, query }) => toFieldValue(`https://${host}${suffix}${target.startsWith('/') ? target : withQuery(encodePath(uri), query)}`)
}

function compileRegexUri ([pattern = '', replacement = '']: readonly string[], clean = (text: string) => text): Locate {
  const compiled = compileSubstitution(pattern, replacement)
  if (compiled.kind === 'refused') throw new SyntaxError(compiled.reason) // `check` let it pass: it was not refused then
  return context => {
    const located = compiled.substitution.once(context.uri)?.text
    return located === undefined ? undefined : clean(located)
  }
}

// A field's text stands for octets.
function inUtf8 (text: string): string {
  return /[^!-~]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** Browsers take a backslash for a slash and leave controls out: `/\evil.test` of a client would lead away from here. */
function withoutTricks (text: string): string {
  return text.replace(/[\x00-\x1f\\]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`) // eslint-disable-line no-control-regex -- they are what this is about
}

function encodeUpToQuery (location: string): string {
  const queryAt = location.indexOf('?')
  return queryAt === -1 ? encodePath(location) : encodePath(location.slice(0, queryAt)) + location.slice(queryAt)
}

function withQuery (location: string, query: string): string {
  if (query === '') return location
  return `${location}${location.includes('?') ? '&' : '?'}${query}`
}
