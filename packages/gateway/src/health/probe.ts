import { request as requestHttp, type ClientRequest } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect, isIP } from 'node:net'
import { checkServerIdentity, type SecureContextOptions } from 'node:tls'
import type { CheckedTarget } from '@clinch/data-plane'
import type { ActiveCheck } from '@clinch/schema'
import type { ProbeOutcome } from './limits.ts'

/** @param tls - CAs and client certificate for probes over TLS */
export type Probe = (check: ActiveCheck, target: CheckedTarget, tls: SecureContextOptions) => Promise<ProbeOutcome>

/**
 * Asks a target how it is: a connection, or a request of which the status is all that is read (data-plane.md 5.13). Every
 * probe has a connection of its own. Never rejects.
 */
export const probe: Probe = async (check, target, tls) => await new Promise(resolve => {
  const end = check.type === 'tcp' ? probeTcp(target, settle) : probeHttp(check, target, tls, settle)
  const timer = setTimeout(() => settle({ kind: 'timeout' }), Math.max(1, check.timeout * 1000))
  function settle (outcome: ProbeOutcome): void {
    clearTimeout(timer)
    end?.()
    resolve(outcome)
  }
})

type Settle = (outcome: ProbeOutcome) => void

function probeTcp ({ ip, port }: CheckedTarget, settle: Settle): () => void {
  const socket = connect({ host: ip, port })
  socket.on('connect', () => settle({ kind: 'connected' }))
  socket.on('error', err => settle(failed(err)))
  return () => { socket.destroy() }
}

function probeHttp (check: ActiveCheck, target: CheckedTarget, tls: SecureContextOptions, settle: Settle): (() => void) | undefined {
  let request: ClientRequest
  try {
    request = open(check, target, tls)
  } catch (err) { // fields that cannot be sent
    queueMicrotask(() => settle(failed(err as Error)))
    return undefined
  }
  request.on('response', ({ statusCode = 0 }) => settle({ kind: 'status', status: statusCode }))
  request.on('error', err => settle(isNoHttp(err) ? { kind: 'unparsable' } : failed(err)))
  request.end(check.http_req_body)
  return () => { request.destroy() }
}

function open (check: ActiveCheck, { ip, port, hostname }: CheckedTarget, tls: SecureContextOptions): ClientRequest {
  const body = Buffer.byteLength(check.http_req_body)
  const headers = ['Host', hostname, 'Connection', 'close', ...fieldsOf(check), ...(body === 0 ? [] : ['Content-Length', String(body)])]
  const common = { host: ip, port, method: check.http_method, path: check.http_path, headers, setHost: false, agent: false as const }
  if (check.type !== 'https') return requestHttp(common)
  return requestHttps({
    ...common,
    ...tls,
    rejectUnauthorized: check.https_verify_certificate,
    servername: isIP(hostname) === 0 ? hostname : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(hostname, certificate)
  })
}

// `Host` and the framing are not for the operator to set twice.
function fieldsOf ({ req_headers: lines = [] }: ActiveCheck): string[] {
  return lines.flatMap(line => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    return colon < 1 || ours.has(name.toLowerCase()) ? [] : [name, line.slice(colon + 1).trim()]
  })
}

const ours = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

function isNoHttp (err: Error): boolean {
  return 'code' in err && typeof err.code === 'string' && err.code.startsWith('HPE_')
}

function failed (err: Error): ProbeOutcome {
  return { kind: 'failed', reason: 'code' in err && typeof err.code === 'string' ? err.code : err.message }
}
