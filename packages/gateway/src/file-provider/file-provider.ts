import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { listedPlugins, type DocumentChecker, type DocumentReading } from '@clinch/admin-api'
import type { Problem } from '@clinch/data-plane'
import type { DocumentStore } from '@clinch/store'
import type { Logger } from 'pino'
import type { ResourceFile } from '../config/resource-file.ts'
import { describeFault } from './describe-fault.ts'
import { readResourceFile } from './read-resource-file.ts'

export interface FileProviderOptions {
  readonly file: ResourceFile
  readonly environment: NodeJS.ProcessEnv
  /** What the file's objects are put into. */
  readonly store: DocumentStore
  readonly check: DocumentChecker
  /** Loads the plugins that the file lists, or those of config.yaml, before its objects are checked with them. */
  readonly usePlugins: (names: readonly string[] | undefined) => Promise<void>
  readonly log: Logger
}

type Document = Extract<DocumentReading, { kind: 'document' }>

const lookEveryMs = 1000

/**
 * Keeps the store what `apisix.yaml` or `apisix.json` says. A file that cannot be read as a whole changes nothing; an
 * object that is wrong is left out by itself. Either is logged once, and stands among the problems until it is gone.
 */
export class FileProvider {
  readonly #options: FileProviderOptions
  #timer: NodeJS.Timeout | undefined
  #inOrder = Promise.resolve()
  /** Of the file that was last looked into, good or not. */
  #version: string | undefined
  #document: Document | undefined
  #fileProblems: readonly Problem[] = []
  #objectProblems: readonly Problem[] = []

  constructor (options: FileProviderOptions) {
    this.#options = options
  }

  get problems (): readonly Problem[] { return [...this.#fileProblems, ...this.#objectProblems] }

  start (): void {
    this.#timer = setInterval(() => { this.look().catch(() => {}) }, lookEveryMs) // it logs and never rejects
  }

  /** Lets a look that is under way end. */
  async close (): Promise<void> {
    clearInterval(this.#timer)
    await this.#inOrder
  }

  /** Reads the file if it is another than at the last look; resolves when what it says is in the store. */
  async look (): Promise<void> {
    await this.#enqueue(async () => {
      const version = await versionOf(this.#options.file.path)
      if (version === this.#version) return
      this.#version = version
      await this.#read()
    })
  }

  /** Checks the objects of the file again, because the plugins changed. */
  async recheck (): Promise<void> {
    await this.#enqueue(async () => {
      if (this.#document !== undefined) await this.#apply(this.#document)
    })
  }

  async #read (): Promise<void> {
    const { file, environment, log } = this.#options
    const reading = await readResourceFile(file, environment)
    if (reading.kind === 'fault') {
      const { reason } = reading
      log.error({ file: file.path, reason }, 'failed to read the configuration file, what was there before goes on serving')
      this.#fileProblems = [{ key: basename(file.path), modRevision: 0, reason }]
      return
    }
    this.#fileProblems = []
    this.#document = reading
    await this.#apply(reading)
  }

  async #apply (document: Document): Promise<void> {
    const { file, store, check, usePlugins, log } = this.#options
    await usePlugins(listedPlugins(document.document))
    const { faults, entries } = await check(document.document)
    const left = faults.map(fault => describeFault(fault, document))
    for (const facts of left) log.error({ file: file.path, ...facts }, 'failed to check item data, it is left out')
    this.#objectProblems = left.map(({ object, reason }) => ({ key: object, modRevision: 0, reason }))
    store.replace(entries)
    log.info({ file: file.path, objects: entries.length, left_out: faults.length }, 'configuration file read')
  }

  async #enqueue (job: () => Promise<void>): Promise<void> {
    this.#inOrder = this.#inOrder.then(job).catch((err: unknown) => {
      const { file: { path }, log } = this.#options
      log.error({ err, file: path }, 'the configuration file could not be applied')
      this.#objectProblems = [{ key: basename(path), modRevision: 0, reason: `it could not be applied: ${(err as Error).message}` }]
    })
    await this.#inOrder
  }
}

/** A file that is replaced within the clock's grain, or by another of the same time, still gets another version. */
async function versionOf (path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
