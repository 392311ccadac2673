/** The gateway's own page for a status, as bytes made once (data-plane.md 5.8). */
export interface ErrorPage {
  /** What is sent as the status. */
  readonly status: number
  /** Undefined for a status that has no page. */
  readonly body: Buffer | undefined
  /** The connection ends with it: the request may not have been read to its end. */
  readonly closes: boolean
}

export function errorPage (status: number): ErrorPage {
  return pages.get(status) ?? { status, body: undefined, closes: false }
}

const reasons: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Authorization Required',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Time-out',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage'
}

// Sent as 400, told apart by their second line.
const badRequests: Readonly<Record<number, string>> = {
  494: 'Request Header Or Cookie Too Large',
  495: 'The SSL certificate error',
  496: 'No required SSL certificate was sent',
  497: 'The plain HTTP request was sent to HTTPS port'
}

// After 408 the rest of the request may still come (RFC 9110 15.5.9).
const closing = new Set([400, 408, 413, 414, 500, 501])

const pages: ReadonlyMap<number, ErrorPage> = new Map([
  ...Object.entries(reasons).map(([code, reason]) => {
    const status = Number(code)
    return [status, { status, body: render(`${code} ${reason}`, `${code} ${reason}`, undefined), closes: closing.has(status) }] as const
  }),
  ...Object.entries(badRequests).map(([code, line]) =>
    [Number(code), { status: 400, body: render(`400 ${line}`, '400 Bad Request', line), closes: true }] as const)
])

function render (title: string, heading: string, line: string | undefined): Buffer {
  return Buffer.from([
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${heading}</h1></center>`,
    ...line === undefined ? [] : [`<center>${line}</center>`],
    '<hr><center>Clinch</center>',
    '<p><em>Powered by Clinch.</em></p>',
    '</body>',
    '</html>',
    ''
  ].join('\r\n'))
}
