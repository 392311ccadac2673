import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { sendJson, sendNotFoundPage } from './answers.ts'

/** A small HTTP server for the machine itself: no key, no TLS; what is not there is nginx's page. */
export class LocalServer {
  readonly #app: FastifyInstance

  constructor (log: Logger, addRoutes: (app: FastifyInstance) => void) {
    this.#app = fastify({ exposeHeadRoutes: false, forceCloseConnections: 'idle', requestTimeout: 60_000 })
    this.#app.removeAllContentTypeParsers()
    this.#app.addContentTypeParser('*', (_request, _body, done) => { done(null) }) // nobody here has a use for a body
    this.#app.setErrorHandler(async (err, _request, reply) => {
      log.error({ err }, 'request failed')
      return sendJson(reply, { error_msg: err instanceof Error ? err.message : String(err) }, 503)
    })
    this.#app.setNotFoundHandler(async (_request, reply) => sendNotFoundPage(reply))
    addRoutes(this.#app)
  }

  /** Port 0 takes a free one; the answer says which. */
  async listen ({ host, port }: { readonly host: string, readonly port: number }): Promise<{ address: string, port: number }> {
    await this.#app.listen({ host, port })
    const bound = this.#app.server.address() as AddressInfo // it listens on TCP
    return { address: host, port: bound.port }
  }

  /** A socket of this machine in place of a port. */
  async listenAt (path: string): Promise<void> {
    await this.#app.listen({ path })
  }

  async close (): Promise<void> {
    await this.#app.close()
  }
}
