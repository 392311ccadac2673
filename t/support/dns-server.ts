import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly server: string
  /** How many questions have come. */
  readonly count: number
  /** The questions, in order: `A node.test`. */
  readonly questions: readonly string[]
  close (): Promise<void>
}

type Addresses = { readonly a?: readonly string[], readonly aaaa?: readonly string[], readonly ttl?: number }

/** A DNS server on a free UDP port that knows addresses, and answers everything else with nothing. */
export async function createDnsServer (answer: (name: string) => Addresses | 'silence'): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query)
    const type = query.readUInt16BE(end)
    questions.push(`${typeNames[type] ?? type} ${name}`)
    const found = answer(name)
    if (found === 'silence') return
    const records = (type === A ? found.a : type === AAAA ? found.aaaa : undefined) ?? []
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(found.a === undefined && found.aaaa === undefined ? 0x8183 : 0x8180, 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...records.map(record => recordOf(type, record, found.ttl ?? 60))]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    server: `127.0.0.1:${socket.address().port}`,
    get count () { return questions.length },
    questions,
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

const A = 1
const AAAA = 28
const typeNames: Readonly<Record<number, string>> = { [A]: 'A', [AAAA]: 'AAAA' }

// The name is a pointer to the question's.
function recordOf (type: number, address: string, ttl: number): Buffer {
  const data = type === A ? Buffer.from(address.split('.').map(Number)) : octetsOfV6(address)
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length, ...data])
  record.writeUInt32BE(ttl, 6)
  return record
}

function octetsOfV6 (address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): string[] => text === '' ? [] : text.split(':')
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)]
  return Buffer.from(all.map(group => group.padStart(4, '0')).join(''), 'hex')
}
