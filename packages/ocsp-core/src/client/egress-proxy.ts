import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpQuestion } from './http-question.ts'
import { portOf } from './port.ts'
import { openSocket, secureSocket, type SocketOptions } from './socket.ts'

/** A question as a forwarding proxy wants it: the whole URL in the request line. For http; https takes a tunnel. */
export function forwarded (question: HttpQuestion, proxy: URL): HttpQuestion {
  const { host } = new URL(question.origin)
  return { ...question, origin: proxy.origin, path: question.origin + question.path, headers: { ...question.headers, host, ...credentials(proxy) } }
}

/** A TLS connection to the host of `options.url` through a tunnel that the proxy opens. [RFC 9110 9.3.6] */
export async function connectThrough (proxy: URL, options: SocketOptions): Promise<Socket> {
  const target = `${options.url.hostname}:${portOf(options.url)}`
  const toProxy = await openSocket({ ...options, url: proxy })
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  request({ method: 'CONNECT', path: target, headers: { host: target, ...credentials(proxy) }, createConnection: () => toProxy })
    .once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) resolve(socket)
      else reject(new Error(`the proxy answered ${statusCode}`))
    })
    .once('error', reject)
    .end()
  return await promise.then(async tunnel => await secureSocket(tunnel, options)).catch(error => {
    toProxy.destroy()
    throw error
  })
}

function credentials ({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
