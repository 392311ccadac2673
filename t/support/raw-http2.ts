import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What a server says to a stream: its first frame of that kind, or the end of the connection. */
export type RawAnswer = 'headers' | 'reset' | 'goaway' | 'closed'

const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const

/**
 * An HTTP/2 client that sends fields as they are given, which node's own refuses to: one connection, cleartext with
 * prior knowledge, one request.
 *
 * @param fields - names and values in turn, pseudo fields first; one character an octet
 * @param body - ends the stream; without it the fields do
 */
export async function speakHttp2 (port: number, fields: readonly string[], body?: string): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const ends = body === undefined
  socket.write(Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(frameTypes.settings, 0, 0, Buffer.alloc(0)),
    frame(frameTypes.headers, endHeaders | (ends ? endStream : 0), 1, Buffer.concat(pairs(fields).map(literal))),
    ...ends ? [] : [frame(frameTypes.data, endStream, 1, Buffer.from(body, 'latin1'))]
  ]))
  try {
    return await answerOn(socket)
  } finally {
    socket.destroy()
  }
}

const endStream = 0x1
const endHeaders = 0x4

function pairs (fields: readonly string[]): Array<readonly [string, string]> {
  return fields.flatMap((name, at) => at % 2 === 0 ? [[name, fields[at + 1] ?? ''] as const] : [])
}

/** RFC 9113 4.1. */
function frame (type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** RFC 7541 6.2.2: a literal that is not indexed, its name and value not Huffman-coded. */
function literal ([name, value]: readonly [string, string]): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

function text (value: string): Buffer {
  const octets = Buffer.from(value, 'latin1')
  if (octets.length > 126) throw new Error('longer texts take more than one octet of length')
  return Buffer.concat([Buffer.from([octets.length]), octets])
}

async function answerOn (socket: Socket): Promise<RawAnswer> {
  let rest = Buffer.alloc(0)
  return await new Promise(resolve => {
    socket.on('error', () => {}).on('close', () => resolve('closed')).on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const type = rest[3]
        if (type === frameTypes.headers) resolve('headers')
        else if (type === frameTypes.reset) resolve('reset')
        else if (type === frameTypes.goaway) resolve('goaway')
        rest = rest.subarray(9 + rest.readUIntBE(0, 3))
      }
    })
  })
}
