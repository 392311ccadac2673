/** How a request travels: GET with the request in the path, or POST with it in the body. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
}

export interface QuestionOptions {
  readonly nonceUsed?: boolean | undefined
  /** For one repeat after an expired response came back. [RFC 9919 7.2] */
  readonly noCache?: boolean | undefined
}

/** For something that stands at the URL itself. */
export function httpDownload (url: URL, accept: string): HttpQuestion {
  return { method: 'GET', origin: url.origin, path: url.pathname + url.search, headers: { accept, 'accept-encoding': 'identity' }, body: null }
}

const maxGetUrlOctets = 255

/**
 * GET if the whole URL has at most 255 octets and no nonce is used, POST otherwise and wherever the URI has a query or a
 * fragment. [RFC 9919 6, RFC 6960 A.1]
 */
export function httpQuestion (url: URL, request: Buffer, { nonceUsed = false, noCache = false }: QuestionOptions = {}): HttpQuestion {
  const headers = {
    accept: 'application/ocsp-response',
    'accept-encoding': 'identity',
    ...(noCache ? { 'cache-control': 'no-cache' } : {})
  }
  const getPath = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(request.toString('base64'))}`
  const getAllowed = !nonceUsed && url.search === '' && url.hash === '' && !/[?#]$/.test(url.href)
  if (getAllowed && Buffer.byteLength(url.origin + getPath) <= maxGetUrlOctets) {
    return { method: 'GET', origin: url.origin, path: getPath, headers, body: null }
  }
  return { method: 'POST', origin: url.origin, path: url.pathname + url.search, headers: { ...headers, 'content-type': 'application/ocsp-request' }, body: request }
}
