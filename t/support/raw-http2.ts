import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What a server says to a stream: its first frame of that kind, or the end of the connection. */
export type RawAnswer = 'headers' | 'reset' | 'goaway' | 'closed'

export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8, continuation: 9 } as const
export const frameFlags = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const

/** A frame as it came. */
export interface RawFrame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/**
 * An HTTP/2 client that sends fields as they are given, which node's own refuses to: one connection, cleartext with
 * prior knowledge, one request.
 *
 * @param fields - names and values in turn, pseudo fields first; one character an octet
 * @param body - ends the stream; without it the fields do
 */
export async function speakHttp2 (port: number, fields: readonly string[], body?: string): Promise<RawAnswer> {
  const connection = await RawHttp2.open(port)
  const ends = body === undefined
  connection.send(
    frame(frameTypes.headers, frameFlags.endHeaders | (ends ? frameFlags.endStream : 0), 1, headerBlock(fields)),
    ...ends ? [] : [frame(frameTypes.data, frameFlags.endStream, 1, Buffer.from(body, 'latin1'))]
  )
  const answers: Readonly<Record<number, RawAnswer>> = { [frameTypes.headers]: 'headers', [frameTypes.reset]: 'reset', [frameTypes.goaway]: 'goaway' }
  const first = await connection.next(({ type }) => answers[type] !== undefined)
  connection.destroy()
  return first === undefined ? 'closed' : answers[first.type] ?? 'closed'
}

/** A connection on which frames are written as they are given; its preface and settings are sent. */
export class RawHttp2 {
  /** Everything that came. */
  readonly frames: RawFrame[] = []
  readonly socket: Socket
  #looked = 0
  #rest = Buffer.alloc(0)
  #wake: () => void = () => {}

  private constructor (socket: Socket) {
    this.socket = socket
    socket.on('error', () => {}).on('close', () => this.#wake()).on('data', (chunk: Buffer) => this.#take(chunk))
  }

  static async open (port: number): Promise<RawHttp2> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const made = new RawHttp2(socket)
    made.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameTypes.settings, 0, 0, Buffer.alloc(0)))
    return made
  }

  send (...frames: readonly Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(frames))
  }

  /** The next frame that is wanted, of those that nobody asked for before; undefined when the connection ends without it. */
  async next (isWanted: (frame: RawFrame) => boolean): Promise<RawFrame | undefined> {
    for (;;) {
      while (this.#looked < this.frames.length) {
        const candidate = this.frames[this.#looked++]
        if (candidate !== undefined && isWanted(candidate)) return candidate
      }
      if (this.socket.destroyed) return undefined
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }

  destroy (): void { this.socket.destroy() }

  #take (chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 9 && this.#rest.length >= 9 + this.#rest.readUIntBE(0, 3)) {
      const end = 9 + this.#rest.readUIntBE(0, 3)
      this.frames.push({ type: this.#rest.readUInt8(3), flags: this.#rest.readUInt8(4), stream: this.#rest.readUInt32BE(5), payload: this.#rest.subarray(9, end) })
      this.#rest = this.#rest.subarray(end)
    }
    this.#wake()
  }
}

/** RFC 9113 4.1. */
export function frame (type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** @param fields - names and values in turn */
export function headerBlock (fields: readonly string[]): Buffer {
  return Buffer.concat(fields.flatMap((name, at) => at % 2 === 0 ? [literal(name, fields[at + 1] ?? '')] : []))
}

/** RFC 7541 6.2.2: a literal that is not indexed, its name and value not Huffman-coded. */
function literal (name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

function text (value: string): Buffer {
  const octets = Buffer.from(value, 'latin1')
  if (octets.length > 126) throw new Error('longer texts take more than one octet of length')
  return Buffer.concat([Buffer.from([octets.length]), octets])
}
