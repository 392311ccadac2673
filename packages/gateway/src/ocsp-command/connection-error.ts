import { codeOf, CommandError } from './command-error.ts'
import { formatHostPort, type HostPort } from './host-port.ts'

const sentences: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'the name does not resolve'],
  ['EAI_AGAIN', 'the name does not resolve at present'],
  ['ECONNREFUSED', 'the connection is refused'],
  ['ECONNRESET', 'the server closed the connection before TLS began'],
  ['EPIPE', 'the server closed the connection before TLS began'],
  ['EHOSTUNREACH', 'there is no route to the host'],
  ['ENETUNREACH', 'the network is unreachable'],
  ['ETIMEDOUT', 'the server does not answer'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS there; a mail server may want --starttls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the server does not speak TLS there; a mail server may want --starttls']
])

/** One sentence about a connection that did not come about. Keeps the code that Node or OpenSSL gives. */
export function connectionError (error: unknown, target: HostPort): CommandError {
  const place = formatHostPort(target)
  if (error instanceof CommandError) return error.message.startsWith(place) ? error : new CommandError(error.code, `${place}: ${error.message}`, { cause: error })
  const code = codeOf(error)
  return new CommandError(code === '' ? 'EPROTO' : code, `${place}: ${sentences.get(code) ?? tlsSentence(error)}`, { cause: error })
}

// OpenSSL's errors have a reason, such as `tlsv1 unrecognized name`; their message is a line of source locations.
function tlsSentence (error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed'
  return 'reason' in error && typeof error.reason === 'string' ? `the TLS handshake failed: ${error.reason}` : error.message
}
