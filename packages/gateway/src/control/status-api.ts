import type { Logger } from 'pino'
import { sendJson } from './answers.ts'
import { LocalServer } from './local-server.ts'

export interface StatusApiOptions {
  /** How many there should be; none on a control plane, which is ready as soon as it answers. */
  readonly workerCount: number
  readonly workers: () => ReadonlyArray<{ readonly id: number, readonly ready: boolean }>
  /** Why there is nothing to serve, whatever the workers say: no configuration yet, or the end of the process. */
  readonly notReady?: () => string | undefined
  readonly log: Logger
}

/** For probes (`apisix.status`): is the process there, and has every worker its configuration? */
export function createStatusApi (options: StatusApiOptions): LocalServer {
  return new LocalServer(options.log, app => {
    app.get('/status', async (_request, reply) => sendJson(reply, { status: 'ok' }))
    app.get('/status/ready', async (_request, reply) => {
      const error = whyNotReady(options)
      return error === undefined ? sendJson(reply, { status: 'ok' }) : sendJson(reply, { status: 'error', error }, 503)
    })
  })
}

function whyNotReady ({ workerCount, workers, notReady }: StatusApiOptions): string | undefined {
  const reason = notReady?.()
  if (reason !== undefined) return reason
  const known = workers()
  const waiting = known.find(({ ready }) => !ready)
  if (waiting !== undefined) return `worker id: ${waiting.id} has not received configuration`
  return known.length < workerCount ? `worker count: ${workerCount} but status report count: ${known.length}` : undefined
}
