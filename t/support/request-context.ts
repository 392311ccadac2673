import { HeaderList, type RequestContext, type ResponseHead } from '@clinch/plugins'

export interface FakeRequest extends Partial<Omit<RequestContext, 'headers' | 'upstream' | 'variable' | 'notes'>> {
  /** Names and values in turn. */
  readonly fields?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

/** A request as plugins see it, made by hand: `GET /` over plain HTTP unless told otherwise. */
export function fakeRequest ({ fields = [], variables = {}, ...given }: FakeRequest = {}): RequestContext {
  const target = given.target ?? (given.uri ?? '/') + (given.query === undefined ? '' : `?${given.query}`)
  const method = given.method ?? 'GET'
  const { uri, query } = splitTarget(target)
  return {
    id: '0123456789abcdef0123456789abcdef',
    startedAtMs: 0,
    scheme: given.tls === undefined ? 'http' : 'https',
    httpVersion: '1.1',
    method,
    target,
    uri,
    query,
    host: 'gateway.test',
    headers: new HeaderList(fields),
    remoteAddress: '192.0.2.1',
    peerAddress: '192.0.2.1',
    peerPort: 50000,
    serverPort: 9080,
    tls: undefined,
    route: undefined,
    service: undefined,
    consumer: undefined,
    consumers: { find: () => undefined, named: () => undefined },
    attachConsumer: () => {},
    sendTo: () => {},
    setVariable: () => {},
    setClientAddress: () => {},
    limitBody: () => {},
    collectBody: () => {},
    collectedBody: Buffer.alloc(0),
    readBody: async () => Buffer.alloc(0),
    matchedUri: '',
    matchedHost: '',
    triedNodes: [],
    upstreamStatuses: [],
    sentHead: undefined,
    ...given,
    upstream: { method, target, host: undefined, headers: new HeaderList(fields) },
    variable: name => Object.hasOwn(variables, name) ? variables[name] : undefined,
    notes: new Map()
  }
}

export function fakeResponse (fields: readonly string[] = [], status = 200): ResponseHead {
  return { status, headers: new HeaderList(fields) }
}

function splitTarget (target: string): { uri: string, query: string } {
  const [path = '', ...rest] = target.split('?')
  return { uri: decodeURIComponent(path), query: rest.join('?') }
}
