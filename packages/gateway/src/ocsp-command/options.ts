import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { codeOf, usageError } from './command-error.ts'
import { type HostPort, parseHostPort } from './host-port.ts'
import { isStarttlsName, starttlsProtocols, type StarttlsName } from './starttls/protocols.ts'

interface AskingOptions {
  readonly ca: string | undefined
  readonly issuer: string | undefined
  readonly responder: string | undefined
  readonly timeoutMs: number
}

export interface CheckHostOptions extends AskingOptions, HostPort {
  readonly kind: 'check-host'
  /** undefined: none is sent. */
  readonly servername: string | undefined
  readonly starttls: StarttlsName | undefined
  readonly tls12: boolean
  readonly ask: boolean
}

export interface CheckFilesOptions extends AskingOptions {
  readonly kind: 'check-files'
  readonly cert: string
}

export interface ExplainOptions {
  readonly kind: 'explain'
  readonly response: string
  readonly cert: string
  readonly issuer: string | undefined
}

export type CommandOptions = CheckHostOptions | CheckFilesOptions | ExplainOptions

const known = {
  servername: { type: 'string' },
  starttls: { type: 'string' },
  'tls1.2': { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  issuer: { type: 'string' },
  responder: { type: 'string' },
  'no-ask': { type: 'boolean' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const
type OptionName = keyof typeof known

const allowed = {
  'check-host': ['servername', 'starttls', 'tls1.2', 'ca', 'issuer', 'responder', 'no-ask', 'timeout', 'json'],
  'check-files': ['cert', 'ca', 'issuer', 'responder', 'timeout', 'json'],
  explain: ['cert', 'issuer', 'json']
} as const satisfies Record<CommandOptions['kind'], readonly OptionName[]>

/** What is to be done, or `help`. Throws CommandError `ERR_USAGE`. */
export function parseOptions (args: readonly string[]): CommandOptions | 'help' {
  const { values, positionals: [command, subject, ...rest] } = read(args)
  if (values.help === true) return 'help'
  if (command !== 'check' && command !== 'explain') throw usageError(command === undefined ? 'check or explain?' : `there is no command ocsp ${command}`)
  if (rest.length > 0) throw usageError(`what is ${rest[0]}?`)
  const kind = command === 'explain' ? 'explain' : subject === undefined && values.cert !== undefined ? 'check-files' : 'check-host'
  const stranger = Object.keys(values).find(name => !allowed[kind].some(fit => fit === name))
  if (stranger !== undefined) throw usageError(`--${stranger} does not go with ${kind === 'check-files' ? 'check --cert' : command === 'check' ? 'check HOST' : 'explain'}`)
  const { issuer, ca, responder, cert, servername, starttls } = values
  if (kind === 'explain') {
    if (subject === undefined) throw usageError('explain which response?')
    return { kind, response: subject, cert: cert ?? missing('--cert'), issuer }
  }
  const asking = { ca, issuer, responder: responder === undefined ? undefined : responderUrl(responder), timeoutMs: timeoutMs(values.timeout) }
  if (kind === 'check-files') return { kind, cert: cert ?? missing('--cert'), ...asking }
  if (starttls !== undefined && !isStarttlsName(starttls)) throw usageError(`--starttls takes ${Object.keys(starttlsProtocols).join(', ')}, not ${starttls}`)
  const target = parseHostPort(subject ?? missing('HOST or --cert'), starttls === undefined ? 443 : starttlsProtocols[starttls].port)
  return { kind, ...target, ...asking, servername: nameToSend(servername, target.host), starttls, tls12: values['tls1.2'] ?? false, ask: values['no-ask'] !== true }
}

function read (args: readonly string[]): ReturnType<typeof parseArgs<{ args: string[], allowPositionals: true, options: typeof known }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: known })
  } catch (error) {
    if (!codeOf(error).startsWith('ERR_PARSE_ARGS')) throw error
    throw usageError((error as Error).message) // parseArgs throws errors
  }
}

// An address is never sent as a name. [RFC 6066 3]
function nameToSend (wanted: string | undefined, host: string): string | undefined {
  if (wanted !== undefined && isIP(wanted) !== 0) throw usageError(`--servername takes a name, not the address ${wanted}`)
  const name = wanted ?? (isIP(host) === 0 ? host : '')
  return name === '' ? undefined : name
}

function responderUrl (text: string): string {
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text)) throw usageError(`--responder takes an http or https URL, not ${text}`)
  return text
}

function timeoutMs (text = '10'): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 600)) throw usageError(`--timeout takes seconds, at most 600, not ${text}`)
  return seconds * 1000
}

function missing (what: string): never {
  throw usageError(`${what} is missing`)
}
