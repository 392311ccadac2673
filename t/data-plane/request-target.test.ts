import t from 'tap'
import { normalizeTarget } from '../../packages/data-plane/src/router/normalize-path.ts'
import { parseHost } from '../../packages/data-plane/src/router/request-host.ts'

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
    t.strictSame(normalizeTarget(target, { deleteTailSlash: false }), uri === undefined ? undefined : { uri, query }, JSON.stringify(target))
  }
})

t.test('a final slash is taken off where that is configured', async t => {
  t.equal(normalizeTarget('/a/', { deleteTailSlash: true })?.uri, '/a')
  t.equal(normalizeTarget('/', { deleteTailSlash: true })?.uri, '')
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
