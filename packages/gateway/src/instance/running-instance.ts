import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ConfigObject } from '@clinch/data-plane'
import type { ConfigChanges } from '../primary/current-config.ts'
import { instanceFiles } from './instance-files.ts'
import type { InstanceStatus } from './instance-status.ts'

export interface ReloadAnswer extends ConfigChanges {
  /** The config.yaml that is in force. */
  readonly file: string
}

export interface ObjectsAnswer {
  readonly objects: readonly ConfigObject[]
}

/** A gateway that runs with a given `data_dir`, as its command line sees it. */
export class RunningInstance {
  readonly #socket: string

  private constructor (socket: string) {
    this.#socket = socket
  }

  /** Undefined: none runs. The socket of one that has ended accepts nobody, whatever files it left. */
  static async find (dataDir: string): Promise<RunningInstance | undefined> {
    const { socket } = instanceFiles(dataDir)
    return await accepts(socket) ? new RunningInstance(socket) : undefined
  }

  /** Of the process that answers. */
  static async pidOf (dataDir: string): Promise<number | undefined> {
    const written = await readFile(instanceFiles(dataDir).pid, 'utf8').catch(() => '')
    const pid = Number(written.trim())
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  }

  async isRunning (): Promise<boolean> {
    return await accepts(this.#socket)
  }

  /** Rejects when it does not answer within `timeoutMs`. */
  async status (timeoutMs: number): Promise<InstanceStatus> {
    return await this.#ask('GET', '/status', timeoutMs) as InstanceStatus
  }

  /** Rejects with the reason why config.yaml is not in force. */
  async reload (timeoutMs: number): Promise<ReloadAnswer> {
    return await this.#ask('POST', '/reload', timeoutMs) as ReloadAnswer
  }

  /** What it has read from its store, as it is stored. */
  async objects (timeoutMs: number): Promise<readonly ConfigObject[]> {
    return (await this.#ask('GET', '/objects', timeoutMs) as ObjectsAnswer).objects
  }

  async #ask (method: string, path: string, timeoutMs: number): Promise<unknown> {
    const answered = Promise.withResolvers<{ readonly status: number, readonly body: string }>()
    const asking = request({ socketPath: this.#socket, method, path, signal: AbortSignal.timeout(timeoutMs) }, response => {
      text(response).then(body => answered.resolve({ status: response.statusCode ?? 0, body }), answered.reject)
    })
    asking.on('error', err => answered.reject(err.name === 'AbortError' ? new Error(`it did not answer within ${timeoutMs / 1000} s`) : err))
    asking.end()
    const { status, body } = await answered.promise
    const answer: unknown = JSON.parse(body)
    if (status === 200) return answer
    throw new Error((answer as { readonly error_msg?: string }).error_msg ?? `it answered ${status}`)
  }
}

async function accepts (socketPath: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(socketPath)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
