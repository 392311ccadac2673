import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '@clinch/schema'

/** The CAs of `apisix.ssl.ssl_trusted_certificate` in PEM; undefined for those of Node. */
export async function readTrustedCa ({ apisix }: Config, baseDir: string): Promise<string | undefined> {
  const { ssl_trusted_certificate: trusted } = apisix.ssl
  return trusted === 'system' ? undefined : await readFile(resolve(baseDir, trusted), 'utf8')
}
