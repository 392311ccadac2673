import type { AttemptRequest } from './attempt.ts'

/** The head of a gRPC request as HTTP/2 has it, names and values in turn (data-plane.md 5.9). */
export function grpcFields ({ method, target, fields }: Pick<AttemptRequest, 'method' | 'target' | 'fields'>, isTls: boolean): string[] {
  const head: string[] = []
  let authority = ''
  let contentType = defaultType
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]?.toLowerCase() ?? ''
    const value = fields[at + 1] ?? ''
    switch (name) {
      case 'host': authority = value; break
      case 'content-type': contentType = grpcType.test(value) ? value : defaultType; break
      case 'content-length': break
      default: head.push(name, value)
    }
  }
  return [':method', method, ':scheme', isTls ? 'https' : 'http', ':authority', authority, ':path', target, ...head, 'content-type', contentType, 'te', 'trailers']
}

/** An answer's head without what only HTTP/2 has. */
export interface GrpcHead {
  readonly status: number
  readonly fields: readonly string[]
  /** What an answer that is nothing but a head says in the place of trailers. */
  readonly trailers: readonly string[]
}

/** @param isWhole - nothing follows: of such an answer all but its content type are trailers, as gRPC calls them */
export function readGrpcHead (raw: readonly string[], isWhole: boolean): GrpcHead {
  let status = 502
  const fields: string[] = []
  const trailers: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (name === 'content-length') continue // it would end the answer before its trailers
    if (name === ':status') status = Number(value)
    else if (isWhole && !inHead.has(name)) trailers.push(name, value)
    else fields.push(name, value)
  }
  return { status, fields, trailers }
}

const defaultType = 'application/grpc'
const grpcType = /^application\/grpc(?:[+;]|$)/i
const inHead = new Set(['content-type', 'date', 'server', 'set-cookie'])
