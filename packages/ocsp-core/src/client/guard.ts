import { isIP } from 'node:net'
import { type AllowedHost, bareHost, isListed, mayResolveTo, readAllowList } from './allow-list.ts'
import { portOf } from './port.ts'
import { scopeOf } from './reachable-address.ts'

/** Which URLs out of client certificates may be asked. One per CA where the lists differ. */
export interface UrlGuard {
  /** `allowList`, when a list is given: what is on it; else `public`: what is on it, and what is on the internet. */
  readonly mode?: 'off' | 'allowList' | 'public' | undefined
  /** `ocsp.example.org`, `*.example.org`, with port and path prefix where wanted. */
  readonly allowList?: readonly string[] | undefined
  /** Ports besides 80 and 443. */
  readonly ports?: readonly number[] | undefined
}

/** `mayConnect` is asked about every address that the host resolves to. */
export type UrlJudgement =
  | { readonly kind: 'allowed', readonly url: URL, readonly mayConnect: (address: string) => boolean }
  | { readonly kind: 'refused', readonly detail: string }

const maxLength = 2048
const usualPorts: ReadonlySet<number> = new Set([80, 443])
const plainUrl = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::\d{1,5})?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/i

/** Judges a URL before anything is resolved. `detail` names the host and never the path. */
export function judgeUrl (text: string, guard: UrlGuard): UrlJudgement {
  const { allowList = [], ports = [] } = guard
  const mode = guard.mode ?? (allowList.length > 0 ? 'allowList' : 'public')
  if (mode === 'off') return refused('URLs out of certificates are not asked')
  const host = text.length <= maxLength ? plainUrl.exec(text)?.[1] : undefined
  if (host === undefined || !URL.canParse(text)) return refused('not a plain http or https URL')
  const url = new URL(text)
  if (isDisguisedAddress(host, url)) return refused(`odd notation of an address: ${host}`)

  const list = readAllowList(allowList)
  const portAllowed = usualPorts.has(portOf(url)) || ports.includes(portOf(url))
  const listed = list.filter(entry => isListed(entry, url))
  if (listed.some(entry => portFits(entry, url, portAllowed))) return judgeHost(url, address => mayResolveTo(address, list))
  if (mode === 'allowList' && listed.length === 0) return refused(`not on the allow list: ${url.hostname}`)
  if (mode === 'allowList' || !portAllowed) return refused(`port ${portOf(url)} of ${url.hostname}`)
  return judgeHost(url, address => scopeOf(address) === 'global')
}

// An address in the URL itself is judged at once; a name when it is resolved.
function judgeHost (url: URL, mayConnect: (address: string) => boolean): UrlJudgement {
  const host = bareHost(url.hostname)
  if (isIP(host) !== 0 && !mayConnect(host)) return refused(`address out of bounds: ${host}`)
  return { kind: 'allowed', url, mayConnect }
}

// The URL parser turns 0x7f000001, 2130706433 and 0177.0.0.1 into 127.0.0.1.
const isDisguisedAddress = (host: string, url: URL): boolean => isIP(url.hostname) === 4 && host !== url.hostname

const portFits = ({ port }: AllowedHost, url: URL, portAllowed: boolean): boolean => port === undefined ? portAllowed : port === portOf(url)

const refused = (detail: string): UrlJudgement => ({ kind: 'refused', detail })
