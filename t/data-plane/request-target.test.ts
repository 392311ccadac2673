import t from 'tap'
import { normalizeTarget, type PathOptions } from '../../packages/data-plane/src/router/normalize-path.ts'
import { parseHost } from '../../packages/data-plane/src/router/request-host.ts'

function normalize (target: string, options: Partial<PathOptions> = {}) {
  return normalizeTarget(target, { deleteTailSlash: false, likeServlet: false, keepEncodedSlash: false, ...options })
}

t.test('a target is normalised before it is matched', async t => {
  const cases: ReadonlyArray<readonly [target: string, uri: string | undefined, query?: string]> = [
    ['/', '/', ''],
    ['/a/b?x=1&y=%20', '/a/b', 'x=1&y=%20'],
    ['/a?b?c', '/a', 'b?c'],
    ['//a///b', '/a/b', ''],
    ['/a/./b', '/a/b', ''],
    ['/a/../b', '/b', ''],
    ['/a/b/..', '/a/', ''],
    ['/a/.', '/a/', ''],
    ['/a/b/', '/a/b/', ''],
    ['/a/...', '/a/...', ''],
    ['/%61', '/a', ''],
    ['/a%2Fb', '/a/b', ''],
    ['/a/%2e%2E/b', '/b', ''],
    ['/a%2f..%2fb', '/b', ''],
    ['/a%3Fb', '/a?b', ''],
    ['/a%2523', '/a%23', ''],
    ['/caf%C3%A9', '/café', ''],
    ['/caf\u00c3\u00a9', '/café', ''],
    ['/a#b', '/a', ''],
    ['/a?b#c', '/a', 'b'],
    ['/..', undefined],
    ['/a/../../b', undefined],
    ['/%2e%2e/', undefined],
    ['/%', undefined],
    ['/%4', undefined],
    ['/%zz', undefined],
    ['/%00', undefined],
    ['*', undefined],
    ['', undefined]
  ]
  for (const [target, uri, query] of cases) {
    t.strictSame(normalize(target), uri === undefined ? { kind: 'malformed', reason: undefined } : { kind: 'target', uri, matchUri: uri, query, upstreamTarget: undefined }, JSON.stringify(target))
  }
})

t.test('a final slash is taken off where that is configured', async t => {
  t.match(normalize('/a/', { deleteTailSlash: true }), { uri: '/a', matchUri: '/a' })
  t.match(normalize('/', { deleteTailSlash: true }), { uri: '', matchUri: '' })
})

t.test('path parameters are taken out where that is configured, and what containers disagree on is refused', async t => {
  const cases: ReadonlyArray<readonly [target: string, expected: object]> = [
    ['/a;x=1/b', { uri: '/a/b', matchUri: '/a/b', upstreamTarget: '/a;x=1/b' }],
    ['/a;x=1/b?q=1', { uri: '/a/b', query: 'q=1', upstreamTarget: '/a;x=1/b?q=1' }],
    ['/a;/b;c;d', { uri: '/a/b', upstreamTarget: '/a;/b;c;d' }],
    ['/a/;x', { uri: '/a/', upstreamTarget: '/a/;x' }],
    ['/a%3bx/b', { uri: '/a/b', upstreamTarget: '/a;x/b' }],
    ['/plain', { uri: '/plain', upstreamTarget: '/plain' }],
    ['/a%0d%0a%20%25%3f;x', { uri: '/a\r\n %?', upstreamTarget: '/a%0D%0A%20%25%3F;x' }],
    ['/%c3%bc;x', { uri: '/\u00fc', upstreamTarget: '/%C3%BC;x' }],
    ['/a/..;x/b', { kind: 'malformed', reason: 'failed to normalize: dot segment with parameter' }],
    ['/a/.;/b', { kind: 'malformed', reason: 'failed to normalize: dot segment with parameter' }],
    ['/;x/b', { kind: 'malformed', reason: 'failed to normalize: empty segment with parameters' }],
    ['/a/%252e%252E;x/b', { kind: 'malformed', reason: 'failed to normalize: encoded dot segment' }]
  ]
  for (const [target, expected] of cases) t.match(normalize(target, { likeServlet: true }), expected, target)
  t.match(normalize('/a;x/', { likeServlet: true, deleteTailSlash: true }), { uri: '/a', upstreamTarget: '/a;x/' })
})

t.test('an encoded slash is kept for matching where that is configured, and only where nothing else was resolved', async t => {
  const cases: ReadonlyArray<readonly [target: string, uri: string, matchUri: string]> = [
    ['/a%2fb/c', '/a/b/c', '/a%2Fb/c'],
    ['/a%2Fb%20c', '/a/b c', '/a%2Fb c'],
    ['/a%2fb/../c', '/a/c', '/a/c'],
    ['/a%2f/b', '/a/b', '/a/b'],
    ['/a/b', '/a/b', '/a/b']
  ]
  for (const [target, uri, matchUri] of cases) t.match(normalize(target, { keepEncodedSlash: true }), { uri, matchUri }, target)
  t.match(normalize('/a%2fb/', { keepEncodedSlash: true, deleteTailSlash: true }), { uri: '/a/b', matchUri: '/a%2Fb' })
})

t.test('a host is taken apart, or refused', async t => {
  const cases: ReadonlyArray<readonly [value: string, name: string | undefined, port?: string | undefined]> = [
    ['a.com', 'a.com', undefined],
    ['A.Com.', 'a.com', undefined],
    ['a.com:8080', 'a.com', '8080'],
    ['a.com:', 'a.com', undefined],
    ['a_b.com', 'a_b.com', undefined],
    ['[::1]:80', '[::1]', '80'],
    ['', '', undefined],
    ['a.com/x', undefined],
    ['user@a.com', undefined],
    ['a b', undefined],
    ['a.com:x', undefined],
    ['a.com:80:80', undefined],
    ['a.com,b.com', undefined]
  ]
  for (const [value, name, port] of cases) t.strictSame(parseHost(value), name === undefined ? undefined : { name, port }, JSON.stringify(value))
})
