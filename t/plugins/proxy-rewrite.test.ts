/* eslint-disable no-template-curly-in-string -- these are our templates */
import t from 'tap'
import { fakeRequest, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

async function rewritten (conf: object, request: FakeRequest) {
  const { rewrite } = await runPlugin('proxy-rewrite', conf)
  const context = fakeRequest(request)
  t.strictSame(await rewrite?.(context), { kind: 'continue' })
  return context.upstream
}

const targets: ReadonlyArray<readonly [behaviour: string, conf: object, target: string, rewritten: string]> = [
  ['uri is the new path', { uri: '/new' }, '/old', '/new'],
  ['the query of the client follows', { uri: '/new' }, '/old?a=1&b=2', '/new?a=1&b=2'],
  ['after an ampersand where the new uri has a query', { uri: '/a?x=1' }, '/z?y=2', '/a?x=1&y=2'],
  ['a query of the new uri stands alone too', { uri: '/a?x=1' }, '/z', '/a?x=1'],
  ['uri wins over regex_uri', { uri: '/new', regex_uri: ['^/old', '/other'] }, '/old', '/new'],
  ['regex_uri replaces the first match', { regex_uri: ['^/iresty/(.*)/(.*)', '/$1-$2'] }, '/iresty/a/b', '/a-b'],
  ['once', { regex_uri: ['a', 'b'] }, '/aa', '/ba'],
  ['groups can be in braces, and 0 is the whole', { regex_uri: ['^/(.)', '/${1}0$0$$'] }, '/x', '/x0/x$'],
  ['a group that took no part is empty', { regex_uri: ['^/(?:(a)|b)', '/<$1>$9'] }, '/b', '/%3C%3E'],
  ['the first pair that matches is the one', { regex_uri: ['^/a', '/one', '^/b', '/two', '^/.', '/three'] }, '/b', '/two'],
  ['no match changes nothing', { regex_uri: ['^/a', '/one'] }, '/b?x', '/b?x'],
  ['a pattern sees the decoded path without the query', { regex_uri: ['^/é (.*)$', '/$1'] }, '/%C3%A9%20x?q', '/x?q'],
  ['a replacement may open a query', { regex_uri: ['^/(.*)', '/?p=$1'] }, '/x?q=1', '/?p=x&q=1'],
  ['but not where the client sent an escaped question mark', { regex_uri: ['^/(.*)', '/?p=$1'] }, '/a%3Fb', '/%3Fp=a%3Fb'],
  ['an escaped question mark stays one', { headers: { set: { a: 'b' } } }, '/a%3Fb?c', '/a%3Fb?c'],
  ['what may not stand in a path is encoded', { uri: '/a b"#%<>\\^`{|}é' }, '/', '/a%20b%22%23%25%3C%3E%5C%5E%60%7B%7C%7D%C3%A9'],
  ['of a query only what cannot be sent', { uri: '/?a="<b c>é\u0001' }, '/', '/?a="<b%20c>%C3%A9%01'],
  ['a target is always a path', { regex_uri: ['^/(.*)', '$1'] }, '/http://evil.test/', '/http://evil.test/'],
  ['a line feed of the client starts no line', { regex_uri: ['^/x/(.*)', '/$1'] }, '/x/%0D%0AEvil:%20y', '/%0D%0AEvil:%20y'],
  ['unsafe takes the target as it came', { use_real_request_uri_unsafe: true }, '/a%2Fb%20?c=%20', '/a%2Fb%20?c=%20'],
  ['unsafe, patterns see the path as it came', { use_real_request_uri_unsafe: true, regex_uri: ['^/(.*)%2F', '/$1/'] }, '/a%2Fb?c', '/a/b?c'],
  ['unsafe, a new uri is not encoded', { use_real_request_uri_unsafe: true, uri: '/a%2Fb<' }, '/z?y', '/a%2Fb<?y'],
  ['unsafe, what cannot be sent still is not', { use_real_request_uri_unsafe: true, uri: '/a b\r\n' }, '/', '/a%20b%0D%0A']
]
for (const [behaviour, conf, target, expected] of targets) {
  t.test(behaviour, async t => {
    t.equal((await rewritten(conf, { target })).target, expected)
  })
}

t.test('variables in uri are resolved, and cannot open a query', async t => {
  const upstream = await rewritten({ uri: '/$arg_p/${host ?? x}${no ?? d}' }, { target: '/?p=a%3Fb', variables: { arg_p: 'a?b', host: 'h' } })
  t.equal(upstream.target, '/a%253Fb/hd?p=a%3Fb')
})

t.test('unsafe, a target in absolute form is its path', async t => {
  const conf = { use_real_request_uri_unsafe: true }
  t.equal((await rewritten(conf, { target: 'http://a.test/x%2Fy#z', uri: '/x/y', query: '' })).target, '/x%2Fy')
  t.equal((await rewritten(conf, { target: 'http://a.test?q', uri: '/', query: 'q' })).target, '/?q')
})

t.test('host and method are those of the configuration', async t => {
  const changed = await rewritten({ host: 'up.test:8080', method: 'PROPFIND' }, { method: 'POST', target: '/a%20b?c' })
  t.match(changed, { host: 'up.test:8080', method: 'PROPFIND', target: '/a%20b?c' })
  const unchanged = await rewritten({ uri: '/' }, { method: 'POST' })
  t.match(unchanged, { host: undefined, method: 'POST' })
})

t.test('headers are added, then set, then removed, whatever the case of their names', async t => {
  const { headers } = await rewritten(
    { headers: { add: { 'X-Add': ['1', 2], Gone: 'x' }, set: { 'x-set': ['a', 'b'], Number: 7 }, remove: ['gone', 'Secret'] } },
    { fields: ['X-Add', '0', 'X-Set', 'old', 'X-SET', 'older', 'SECRET', 's', 'Kept', 'k'] }
  )
  t.strictSame(headers.raw, ['X-Add', '0', 'Kept', 'k', 'X-Add', '1', 'X-Add', '2', 'x-set', 'a', 'x-set', 'b', 'Number', '7'])
})

t.test('the older form of headers sets them', async t => {
  const { headers } = await rewritten({ headers: { 'X-A': 'new', 'X-B': 3 } }, { fields: ['x-a', 'old'] })
  t.strictSame(headers.raw, ['X-A', 'new', 'X-B', '3'])
})

t.test('header values are templates in which captures come before variables', async t => {
  const { headers } = await rewritten(
    { regex_uri: ['^/(?<who>\\w+)/(\\w+)', '/'], headers: { set: { A: '$1-${2}-$3', B: '$host $who', C: 'x$nothing' } } },
    { target: '/ann/bob', variables: { host: 'h', 1: 'never' } }
  )
  t.strictSame(headers.raw, ['A', 'ann-bob-', 'B', 'h ann', 'C', 'x'])
})

t.test('without a match captures are empty', async t => {
  const { headers } = await rewritten({ regex_uri: ['^/(a)', '/'], headers: { set: { A: '<$1>' } } }, { target: '/b' })
  t.equal(headers.get('A'), '<>')
})

t.test('what a client puts into a variable or capture is neither template nor header', async t => {
  const { headers } = await rewritten(
    { regex_uri: ['^/(.*)', '/'], headers: { set: { A: '$1', B: '$arg_x', C: '$arg_y' } } },
    { target: '/%24secret', variables: { secret: 'oh', arg_x: 'a\r\nEvil: yes\0', arg_y: 'é€' } }
  )
  t.strictSame(headers.raw, ['A', '$secret', 'B', 'a%0D%0AEvil: yes%00', 'C', Buffer.from('é€').toString('latin1')])
})

t.test('a configuration that could not work is refused', async t => {
  const headers = 'property "headers" validation failed: value should match only one schema, but matches none'
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string | RegExp]> = [
    [{}, 'expect object to have at least 1 properties'],
    [{ uri: 'new' }, 'property "uri" validation failed: failed to match pattern "^\\\\/.*" with "new"'],
    [{ uri: '' }, /string too short/],
    [{ uri: '/' + 'a'.repeat(4096) }, /string too long/],
    [{ host: 'a b' }, /^property "host" validation failed: failed to match pattern/],
    [{ host: 'a:123456' }, /^property "host" validation failed: failed to match pattern/],
    [{ method: 'BREW' }, 'property "method" validation failed: matches none of the enum values'],
    [{ regex_uri: ['^/a'] }, 'property "regex_uri" validation failed: expect array to have at least 2 items'],
    [{ regex_uri: ['^/a', '/b', '^/c'] }, 'The length of regex_uri should be an even number'],
    [{ regex_uri: ['^/(a', '/b'] }, /^invalid regex_uri\(\^\/\(a, \/b\): .*Unterminated group/],
    [{ regex_uri: ['^/a', '/b', '(?>x)', '/$1'] }, 'invalid regex_uri((?>x), /$1): an atomic group is not supported'],
    [{ regex_uri: ['^/a', '/$name'] }, 'invalid regex_uri(^/a, /$name): a "$" must be followed by a number, or be written "$$"'],
    [{ headers: {} }, headers],
    [{ headers: { set: { a: 'b' }, remoev: ['c'] } }, headers],
    [{ headers: { set: {} } }, headers],
    [{ headers: { set: { a: [] } } }, headers],
    [{ headers: { remove: [] } }, headers],
    [{ headers: { add: { a: true } } }, headers],
    [{ headers: { 'X A': 'b' } }, 'invalid field character in header'],
    [{ headers: { remove: ['a\nb'] } }, 'invalid field character in header'],
    [{ headers: { '': 'b' } }, 'invalid field length in header'],
    [{ headers: { set: { a: 'b\r\nEvil: c' } } }, 'invalid value character in header'],
    [{ headers: { 'X-A': 'b\nc' } }, 'invalid value character in header']
  ]
  for (const [conf, complaint] of complaints) t.match(await complaintAbout('proxy-rewrite', conf), complaint, JSON.stringify(conf))
})

t.test('a configuration of headers alone is fine, in both forms', async t => {
  for (const headers of [{ add: { a: 1 } }, { set: { a: ['b'] } }, { remove: ['a'] }, { add: 'a header of that name' }]) {
    t.equal(await complaintAbout('proxy-rewrite', { headers }), undefined)
  }
})
