import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly server: string
  /** How many questions have come. */
  readonly count: number
  close (): Promise<void>
}

type Addresses = { readonly a?: readonly string[], readonly ttl?: number }

/** A DNS server on a free UDP port that knows A records, and answers everything else with nothing. */
export async function createDnsServer (answer: (name: string) => Addresses | 'silence'): Promise<DnsServer> {
  const socket = createSocket('udp4')
  let count = 0
  socket.on('message', (query, { port, address }) => {
    count++
    const { name, end } = readName(query)
    const found = answer(name)
    if (found === 'silence') return
    const wantsA = query.readUInt16BE(end) === 1
    const records = wantsA ? found.a ?? [] : []
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(found.a === undefined ? 0x8183 : 0x8180, 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...records.map(record => recordOf(record, found.ttl ?? 60))]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    server: `127.0.0.1:${socket.address().port}`,
    get count () { return count },
    close: async () => await new Promise(resolve => socket.close(() => resolve()))
  }
}

function readName (query: Buffer): { name: string, end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

// The name is a pointer to the question's.
function recordOf (address: string, ttl: number): Buffer {
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)])
  record.writeUInt32BE(ttl, 6)
  return record
}
