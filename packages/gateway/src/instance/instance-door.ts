import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import type { ConfigObject } from '@clinch/data-plane'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { sendJson } from '../control/answers.ts'
import { LocalServer } from '../control/local-server.ts'
import type { ConfigChanges } from '../primary/current-config.ts'
import { InstanceError } from './instance-error.ts'
import { instanceFiles, type InstanceFiles } from './instance-files.ts'
import type { InstanceStatus } from './instance-status.ts'
import { RunningInstance, type ObjectsAnswer, type ReloadAnswer } from './running-instance.ts'

export interface InstanceDoorOptions {
  readonly dataDir: string
  readonly configFile: string
  readonly status: () => InstanceStatus
  /** Rejects with the reason. */
  readonly reload: () => Promise<ConfigChanges>
  /** As they are stored. */
  readonly objects: () => readonly ConfigObject[]
  readonly log: Logger
}

/**
 * Where the command line finds a running gateway: a socket in its `data_dir` that its user alone may open. While it is
 * there no other gateway starts in that folder.
 */
export class InstanceDoor {
  readonly #options: InstanceDoorOptions
  readonly #files: InstanceFiles
  readonly #server: LocalServer
  #isOpen = false

  constructor (options: InstanceDoorOptions) {
    this.#options = options
    this.#files = instanceFiles(options.dataDir)
    this.#server = new LocalServer(options.log, app => addRoutes(app, options))
  }

  /**
   * A folder that cannot be written to keeps nobody from starting: then there is no door, and the log says so.
   *
   * @throws InstanceError when another gateway runs in the folder
   */
  async open (): Promise<void> {
    const { dataDir, log } = this.#options
    if (await RunningInstance.find(dataDir) !== undefined) throw new InstanceError(dataDir, await RunningInstance.pidOf(dataDir))
    const { socket, pid } = this.#files
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      await rm(socket, { force: true }) // of one that was killed
      await this.#server.listenAt(socket)
      this.#isOpen = true
      await chmod(socket, 0o600)
      await writeFile(pid, `${process.pid}\n`)
    } catch (err) {
      log.warn({ err, socket }, 'clinch status, stop and reload will not find this process: use signals')
    }
  }

  async close (): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await rm(this.#files.pid, { force: true })
    await this.#server.close()
  }
}

function addRoutes (app: FastifyInstance, { configFile, status, reload, objects }: InstanceDoorOptions): void {
  app.get('/status', async (_request, reply) => sendJson(reply, status()))
  app.post('/reload', async (_request, reply) => await reload().then(
    changes => sendJson(reply, { ...changes, file: configFile } satisfies ReloadAnswer),
    (err: unknown) => sendJson(reply, { error_msg: (err as Error).message }, 503)
  ))
  app.get('/objects', async (_request, reply) => sendJson(reply, { objects: objects() } satisfies ObjectsAnswer))
}
