import { HeaderList } from '../contract/header-list.ts'
import type { FoundConsumer } from '../contract/consumers.ts'
import type { RequestContext, ResponseHead } from '../contract/request-context.ts'

export interface FakeRequest extends Partial<Omit<RequestContext, 'headers' | 'upstream' | 'variable' | 'notes'>> {
  /** Names and values in turn. */
  readonly fields?: readonly string[]
  /** What `variable` knows; `setVariable` adds to it. */
  readonly variables?: Readonly<Record<string, string>>
  /** What `readBody` reads. */
  readonly body?: string | Buffer
}

/** A request as plugins see it, made by hand: `GET /` over plain HTTP unless told otherwise. */
export function fakeRequest ({ fields = [], variables = {}, body = '', ...given }: FakeRequest = {}): RequestContext {
  const target = given.target ?? (given.uri ?? '/') + (given.query === undefined ? '' : `?${given.query}`)
  const method = given.method ?? 'GET'
  const values = new Map(Object.entries(variables))
  const octets = Buffer.from(body)
  const request = {
    id: '0123456789abcdef0123456789abcdef',
    startedAtMs: 0,
    scheme: given.tls === undefined ? 'http' as const : 'https' as const,
    httpVersion: '1.1' as const,
    method,
    target,
    ...splitTarget(target),
    host: 'gateway.test',
    headers: new HeaderList(fields),
    remoteAddress: '192.0.2.1',
    peerAddress: '192.0.2.1',
    peerPort: 50000,
    serverPort: 9080,
    tls: undefined,
    route: undefined,
    service: undefined,
    consumer: undefined as FoundConsumer | undefined,
    consumers: { find: () => undefined, named: () => undefined },
    attachConsumer (consumer: FoundConsumer) { request.consumer = consumer },
    sendTo: () => true,
    setVariable: (name: string, value: string) => { values.set(name, value) },
    setClientAddress: () => {},
    limitBody: () => {},
    collectBody: () => {},
    collectedBody: Buffer.alloc(0),
    receivedBytes: 0,
    sentBytes: 0,
    readBody: async (limitBytes: number) => octets.length > limitBytes ? undefined : octets,
    matchedUri: '',
    matchedHost: '',
    triedNodes: [],
    upstreamStatuses: [],
    sentHead: undefined,
    ...given,
    upstream: { method, target, host: undefined, headers: new HeaderList(fields) },
    variable: (name: string) => values.get(name),
    notes: new Map()
  }
  return request
}

export function fakeResponse (fields: readonly string[] = [], status = 200): ResponseHead {
  return { status, headers: new HeaderList(fields) }
}

function splitTarget (target: string): { uri: string, query: string } {
  const [path = '', ...rest] = target.split('?')
  return { uri: decodeURIComponent(path), query: rest.join('?') }
}
