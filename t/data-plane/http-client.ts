import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Received } from '../support/upstream.ts'

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly trailers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** What the echo upstream says it got. */
  received (): Received
}

export interface Ask extends RequestOptions {
  readonly body?: string
}

/** One request to a port of the loopback, over a connection of its own unless an agent is given. */
export async function ask (port: number, { body, ...options }: Ask = {}): Promise<Answer> {
  return await new Promise<Answer>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent: false, ...options }, incoming => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: incoming.statusCode ?? 0,
          reason: incoming.statusMessage ?? '',
          headers: incoming.headers,
          rawHeaders: incoming.rawHeaders,
          trailers: incoming.trailers,
          body: text,
          received: () => JSON.parse(text) as Received
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The value of a field of what an upstream got; several lines joined by ` | `. */
export function fieldOf ({ rawHeaders }: Received, name: string): string | undefined {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase())
  return values.length === 0 ? undefined : values.join(' | ')
}

/** Writes bytes as they are and reads until the other side closes. */
export async function speak (port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text, 'latin1')
  return await readToEnd(socket)
}

export async function readToEnd (socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  return await new Promise(resolve => {
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

/** Reads until the text has come, and gives all that came; rejects when the connection ends before. */
export async function readUntil (socket: Socket, wanted: string): Promise<string> {
  let seen = ''
  return await new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString('latin1')
      if (!seen.includes(wanted)) return
      socket.off('data', onData)
      resolve(seen)
    }
    socket.on('data', onData)
    socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(seen)}`)))
  })
}
