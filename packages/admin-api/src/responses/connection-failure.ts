import type { Socket } from 'node:net'
import { pageTitles, pageType, renderPage, type PageStatus } from './page.ts'

const statusByCode: Readonly<Record<string, PageStatus>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/** Answers what never became a request: no HTTP, a head too large, a head or a body that did not come in time. */
export function answerConnectionFailure (error: NodeJS.ErrnoException, socket: Socket, productToken: string): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const status = statusByCode[error.code ?? ''] ?? 400
    const page = renderPage(status)
    socket.write([
      `HTTP/1.1 ${pageTitles[status]}`, `Server: ${productToken}`, `Content-Type: ${pageType}`, `Content-Length: ${Buffer.byteLength(page)}`,
      'Connection: close', '', page
    ].join('\r\n'))
  }
  socket.destroySoon()
}
