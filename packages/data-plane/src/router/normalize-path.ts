import { withoutParameters } from './path-parameters.ts'

export interface PathOptions {
  /** `apisix.delete_uri_tail_slash` */
  readonly deleteTailSlash: boolean
  /** `apisix.normalize_uri_like_servlet` */
  readonly likeServlet: boolean
  /** `apisix.match_uri_encoded_slash` */
  readonly keepEncodedSlash: boolean
}

export type NormalizedTarget =
  | {
    readonly kind: 'target'
    /** Percent-decoded, slashes merged, dot segments resolved; without query and fragment. */
    readonly uri: string
    /** What patterns are held against: `uri`, where wanted with the slashes that came encoded as `%2F`. */
    readonly matchUri: string
    /** Raw, without `?`. */
    readonly query: string
    /** What the upstream gets where that is not the target as it came. */
    readonly upstreamTarget: string | undefined
  }
  /** A bad escape, a NUL, a path that climbs above the root; `reason` for the log, where APISIX has one. */
  | { readonly kind: 'malformed', readonly reason: string | undefined }

/** The path that routes are matched against, from a target in origin form (data-plane.md 4.1). */
export function normalizeTarget (target: string, options: PathOptions): NormalizedTarget {
  if (target.charCodeAt(0) !== SLASH) return malformed
  const fragment = target.indexOf('#')
  const whole = fragment === -1 ? target : target.slice(0, fragment)
  const mark = whole.indexOf('?')
  const path = mark === -1 ? whole : whole.slice(0, mark)
  const query = mark === -1 ? '' : whole.slice(mark + 1)
  const resolved = needsWork.test(path) ? resolve(path) : path
  if (resolved === undefined) return malformed
  const bare = options.likeServlet ? withoutParameters(resolved) : { kind: 'path', path: resolved } as const
  if (bare.kind === 'refused') return { kind: 'malformed', reason: `failed to normalize: ${bare.reason}` }
  const trim = (text: string): string => options.deleteTailSlash && text.endsWith('/') ? text.slice(0, -1) : text
  const uri = trim(bare.path)
  return {
    kind: 'target',
    uri,
    matchUri: options.keepEncodedSlash && encodedSlash.test(path) ? trim(matchPath(path, bare.path)) : uri,
    query,
    upstreamTarget: options.likeServlet ? `${encodePath(resolved)}${mark === -1 ? '' : `?${query}`}` : undefined
  }
}

const SLASH = 0x2f
const PERCENT = 0x25
const needsWork = /%|\/\/|\/\.|[^!-~]/
const encodedSlash = /%2f/i
const malformed: NormalizedTarget = { kind: 'malformed', reason: undefined }

function resolve (path: string): string | undefined {
  const decoded = decode(path, false)
  if (decoded === undefined) return undefined
  const segments: string[] = []
  const parts = decoded.split('/')
  for (let at = 1; at < parts.length; at++) {
    const part = parts[at] ?? ''
    const isLast = at === parts.length - 1
    if (part === '..') {
      if (segments.pop() === undefined) return undefined
      if (isLast) segments.push('')
    } else if (part === '.' || part === '') {
      if (isLast) segments.push('')
    } else {
      segments.push(part)
    }
  }
  return `/${segments.join('/')}`
}

// Where decoding is all that happened to the path, an encoded slash is no separator for the patterns.
function matchPath (path: string, uri: string): string {
  return decode(path, false) === uri ? decode(path, true) ?? uri : uri
}

// node:http gives one character per byte, and an escape stands for a byte: text appears only when all are bytes.
function decode (path: string, keepSlashes: boolean): string | undefined {
  const bytes = Buffer.allocUnsafe(path.length)
  let length = 0
  for (let at = 0; at < path.length; at++) {
    let byte = path.charCodeAt(at)
    if (byte === PERCENT) {
      const hex = path.slice(at + 1, at + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) return undefined
      byte = Number.parseInt(hex, 16)
      at += 2
      if (byte === SLASH && keepSlashes) {
        length += bytes.write('%2F', length, 'latin1')
        continue
      }
    }
    if (byte === 0) return undefined
    bytes[length++] = byte
  }
  return bytes.toString('utf8', 0, length)
}

/** The decoded path as it may stand in a request line. */
function encodePath (path: string): string {
  return path.replace(/[^!$&'()*+,\-./0-9:;=@A-Z[\]_a-z~]/gu, text => [...Buffer.from(text, 'utf8')].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
}
