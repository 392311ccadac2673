import { hostname } from 'node:os'
import type { Logger } from 'pino'
import manifest from '../../package.json' with { type: 'json' }
import type { PluginHost } from '../contract/host.ts'
import { CONTINUE, type PluginPhases, type RequestOutcome } from '../contract/phases.ts'
import type { RequestContext } from '../contract/request-context.ts'
import { bodyCondition } from './body-conditions.ts'
import { bodyText } from './body-text.ts'
import { defaultEntry } from './default-entry.ts'
import { compileLogFormat, type CompiledLogFormat, type LogEntry } from './log-format.ts'
import type { LogSource } from './log-source.ts'
import { ResponseBody } from './response-body.ts'
import { defaultRedacted, type LogConf } from './schema.ts'

/** The metadata of a logger, as `logMetadataFields` has it. */
type LogMetadata = Pick<LogConf, 'log_format' | 'log_format_extra'> & { readonly redact_headers?: readonly string[] }

export interface EntryBuilder {
  /** The phases in which bodies are kept. */
  readonly phases: Pick<PluginPhases, 'access' | 'bodyFilter'>
  /** For the log phase. */
  build (context: RequestContext, outcome: RequestOutcome): LogEntry
}

/** Makes the log entries of one configuration of a logger: its own format, else that of the metadata, else the default entry. */
export function createEntryBuilder (conf: LogConf, host: Pick<PluginHost, 'metadata' | 'log'>): EntryBuilder {
  const formats = new Formats(conf, host)
  const wantsRequestBody = bodyCondition(conf.include_req_body_expr)
  const wantsResponseBody = bodyCondition(conf.include_resp_body_expr)
  const note = Symbol('response body')
  const server = { hostname: hostname(), version: manifest.version }

  function sourceOf (context: RequestContext): LogSource {
    const kept = context.notes.get(note)
    const hasRequestBody = (conf.include_req_body && wantsRequestBody(context)) || formats.current.custom?.wantsRequestBody === true
    return {
      context,
      requestBody: hasRequestBody ? bodyText(context.collectedBody, conf.max_req_body_bytes) : undefined,
      responseBody: kept instanceof ResponseBody ? bodyText(kept.finish(), conf.max_resp_body_bytes) : undefined
    }
  }

  return {
    phases: {
      access (context) {
        if (conf.include_req_body || formats.current.custom?.wantsRequestBody === true) context.collectBody(conf.max_req_body_bytes)
        return CONTINUE
      },
      ...(conf.include_resp_body
        ? {
            bodyFilter (context, chunk, isLast) {
              if (!context.notes.has(note)) context.notes.set(note, wantsResponseBody(context) ? new ResponseBody(context, conf.max_resp_body_bytes) : undefined)
              const kept = context.notes.get(note)
              if (kept instanceof ResponseBody) kept.take(chunk, isLast)
              return chunk
            }
          }
        : {})
    },

    build (context, outcome) {
      const source = sourceOf(context)
      const { custom, extra, redacted } = formats.current
      if (custom !== undefined) return { ...custom.make(source), ...ownersOf(context) }
      const entry = defaultEntry(source, outcome, server, redacted)
      return extra === undefined ? entry : { ...extra.make(source), ...entry }
    }
  }
}

interface CurrentFormats {
  readonly custom: CompiledLogFormat | undefined
  readonly extra: CompiledLogFormat | undefined
  readonly redacted: ReadonlySet<string>
}

/** What is in force: the configuration's, and the metadata's as long as that is the same object. */
class Formats {
  readonly #conf: LogConf
  readonly #host: Pick<PluginHost, 'metadata' | 'log'>
  #metadata: LogMetadata | undefined
  #current: CurrentFormats | undefined

  constructor (conf: LogConf, host: Pick<PluginHost, 'metadata' | 'log'>) {
    this.#conf = conf
    this.#host = host
  }

  get current (): CurrentFormats {
    const metadata: LogMetadata | undefined = this.#host.metadata()
    if (this.#current === undefined || metadata !== this.#metadata) this.#current = this.#compile(metadata)
    this.#metadata = metadata
    return this.#current
  }

  #compile (metadata: LogMetadata | undefined): CurrentFormats {
    const { log } = this.#host
    return {
      custom: compile(this.#conf.log_format ?? filled(metadata?.log_format), log),
      extra: compile(this.#conf.log_format_extra ?? metadata?.log_format_extra, log),
      redacted: new Set((metadata?.redact_headers ?? defaultRedacted).map(name => name.toLowerCase()))
    }
  }
}

function filled (format: LogConf['log_format']): LogConf['log_format'] {
  return format === undefined || Object.keys(format).length === 0 ? undefined : format
}

function compile (format: LogConf['log_format'], log: Logger): CompiledLogFormat | undefined {
  const compiled = format === undefined ? undefined : compileLogFormat(format)
  if (compiled?.isCut === true) log.warn('log_format is nested too deeply: what is below the fifth level is left empty')
  return compiled
}

function ownersOf ({ route }: RequestContext): LogEntry {
  return {
    ...(route?.id === undefined ? {} : { route_id: String(route.id) }),
    ...(route?.service_id === undefined ? {} : { service_id: String(route.service_id) })
  }
}
