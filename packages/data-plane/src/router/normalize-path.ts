export interface PathOptions {
  /** `apisix.delete_uri_tail_slash` */
  readonly deleteTailSlash: boolean
}

export interface NormalizedTarget {
  /** Percent-decoded, slashes merged, dot segments resolved; without query and fragment. */
  readonly uri: string
  /** Raw, without `?`. */
  readonly query: string
}

/**
 * The path that routes are matched against, from a target in origin form (data-plane.md 4.1).
 *
 * @returns undefined for a target that is malformed: a bad escape, a NUL, a path that climbs above the root
 */
export function normalizeTarget (target: string, options: PathOptions): NormalizedTarget | undefined {
  if (target.charCodeAt(0) !== SLASH) return undefined
  const fragment = target.indexOf('#')
  const whole = fragment === -1 ? target : target.slice(0, fragment)
  const mark = whole.indexOf('?')
  const path = mark === -1 ? whole : whole.slice(0, mark)
  const uri = needsWork.test(path) ? resolve(path) : path
  if (uri === undefined) return undefined
  return {
    uri: options.deleteTailSlash && uri.endsWith('/') ? uri.slice(0, -1) : uri,
    query: mark === -1 ? '' : whole.slice(mark + 1)
  }
}

const SLASH = 0x2f
const needsWork = /%|\/\/|\/\.|[^!-~]/

function resolve (path: string): string | undefined {
  const decoded = decode(path)
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

// node:http gives one character per byte, and an escape stands for a byte: text appears only when all are bytes.
function decode (path: string): string | undefined {
  const bytes = Buffer.allocUnsafe(path.length)
  let length = 0
  for (let at = 0; at < path.length; at++) {
    let byte = path.charCodeAt(at)
    if (byte === 0x25) {
      const hex = path.slice(at + 1, at + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) return undefined
      byte = Number.parseInt(hex, 16)
      at += 2
    }
    if (byte === 0) return undefined
    bytes[length++] = byte
  }
  return bytes.toString('utf8', 0, length)
}
