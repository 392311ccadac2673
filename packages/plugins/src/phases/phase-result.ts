import { CONTINUE, type PhaseResponse } from '../contract/phases.ts'
import { PluginError } from '../errors.ts'

type Unchecked = Readonly<Record<string, unknown>>

/**
 * What a phase returned that may answer: the response, or undefined to go on.
 *
 * @throws PluginError `PLUGIN_ERR_RESULT` that says what is wrong with it
 */
export function responseOf (result: unknown): PhaseResponse | undefined {
  if (result === CONTINUE) return undefined
  const kind = isObject(result) ? result['kind'] : undefined
  if (kind === 'continue') return undefined
  if (kind !== 'respond') refuse('it returned neither CONTINUE nor { kind: \'respond\', response }')
  const { response } = result as Unchecked // it has a kind
  if (!isObject(response)) return refuse('its answer has no response')
  const { status, headers } = response
  if (!Number.isInteger(status) || Number(status) < 200 || Number(status) > 999) refuse('the status of its response is no whole number from 200 to 999')
  const wrongField = isObject(headers) ? Object.keys(headers).find(name => !isText(headers[name])) : undefined
  if (wrongField !== undefined) refuse(`the field ${wrongField} of its response is neither a text nor a list of texts`)
  return response as unknown as PhaseResponse // looked at just now
}

/**
 * What a body filter returned.
 *
 * @throws PluginError `PLUGIN_ERR_RESULT`
 */
export function chunkOf (result: unknown): Buffer {
  return Buffer.isBuffer(result) ? result : refuse('it returned no Buffer')
}

function refuse (fault: string): never {
  throw new PluginError('PLUGIN_ERR_RESULT', fault)
}

function isObject (value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null
}

function isText (value: unknown): boolean {
  return Array.isArray(value) ? value.every(line => typeof line === 'string') : typeof value === 'string'
}
