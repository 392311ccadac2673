import { readFile } from 'node:fs/promises'
import { readDocument, type DocumentReading } from '@clinch/admin-api'
import { ConfigError } from '../config/config-error.ts'
import { substituteEnvironment, substituteInText } from '../config/environment.ts'
import type { ResourceFile } from '../config/resource-file.ts'

const endMarker = /#END\s*$/

/**
 * Reads the resources of `apisix.yaml` or `apisix.json`. YAML has to end in `#END`, by which a file that is still being
 * written is told from a whole one. Environment variables are put in before YAML is parsed, and after JSON is
 * (admin-api.md 7.4, 7.6). Whatever goes wrong is a fault with its reason.
 */
export async function readResourceFile ({ path, format }: ResourceFile, environment: NodeJS.ProcessEnv): Promise<DocumentReading> {
  try {
    const text = await readFile(path, 'utf8')
    if (format === 'json') return withEnvironment(readDocument(text, 'json'), environment)
    if (!endMarker.test(text)) return { kind: 'fault', reason: 'missing valid end flag: the file must end in #END' }
    return readDocument(substituteInText(text, environment), 'yaml')
  } catch (error) {
    return { kind: 'fault', reason: explain(error) }
  }
}

function withEnvironment (reading: DocumentReading, environment: NodeJS.ProcessEnv): DocumentReading {
  if (reading.kind === 'fault') return reading
  return { ...reading, document: substituteEnvironment(reading.document, environment) as typeof reading.document } // an object stays one
}

function explain (error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'no such file' : message
}
