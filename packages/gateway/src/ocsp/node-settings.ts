import { isDeepStrictEqual } from 'node:util'
import { createOcspClient, type Downloader, type OcspClient } from '@clinch/ocsp-core'
import type { OcspSettings } from './settings.ts'

/**
 * The settings of the machine as they are now, and the client that was made from them. New settings make a new client;
 * what the old one is asking goes on to its end, so that a reload fails nothing that is under way.
 */
export class NodeSettings {
  #settings: OcspSettings
  #client: OcspClient & Downloader
  readonly #retired = new Map<OcspClient, NodeJS.Timeout>()

  constructor (settings: OcspSettings) {
    this.#settings = settings
    this.#client = createOcspClient(settings.client)
  }

  get settings (): OcspSettings { return this.#settings }

  get client (): OcspClient & Downloader { return this.#client }

  replace (settings: OcspSettings): void {
    if (!isDeepStrictEqual(settings.client, this.#settings.client)) {
      const old = this.#client
      this.#client = createOcspClient(settings.client)
      this.#retired.set(old, setTimeout(() => this.#retired.delete(old), longestQuestionMs).unref())
    }
    this.#settings = settings
  }

  async close (): Promise<void> {
    for (const timer of this.#retired.values()) clearTimeout(timer)
    await Promise.all([this.#client, ...this.#retired.keys()].map(async client => await client.close()))
  }
}

const longestQuestionMs = 61_000 // the longest responder_timeout, and a little
