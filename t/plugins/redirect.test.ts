/* eslint-disable no-template-curly-in-string -- these are our templates */
import t from 'tap'
import { fakeRequest, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

async function answered (conf: object, request: FakeRequest = {}, attr?: object) {
  const { rewrite } = await runPlugin('redirect', conf, attr === undefined ? {} : { attr })
  const response = responseOf(await rewrite?.(fakeRequest(request)))
  return response === undefined ? undefined : `${response.status} ${String(response.headers?.['Location'] ?? '')}`.trim()
}

const locations: ReadonlyArray<readonly [behaviour: string, conf: object, request: FakeRequest, answer: string | undefined]> = [
  ['uri is the location', { uri: 'https://other.test/x?y' }, {}, '302 https://other.test/x?y'],
  ['with the status that is wanted', { uri: '/new', ret_code: 301 }, {}, '301 /new'],
  ['variables are replaced', { uri: '/$uri_${arg_a}/$no' }, { variables: { uri_: '/old', arg_a: '1' } }, '302 //old1/'],
  ['a name ends at a dot', { uri: '$uri.html' }, { variables: { uri: '/a' } }, '302 /a.html'],
  ['there are no defaults', { uri: '/${a ?? b}' }, { variables: { a: '1' } }, '302 /${a ?? b}'],
  ['an escaped name stays as it is written', { uri: '/\\$uri' }, { variables: { uri: '/a' } }, '302 /\\$uri'],
  ['a pattern makes the location of the path', { regex_uri: ['^/test/(.*)', 'http://other.test/${1}?$0'] }, { uri: '/test/a' }, '302 http://other.test/a?/test/a'],
  ['once', { regex_uri: ['a', 'b'] }, { uri: '/aa' }, '302 /ba'],
  ['what it does not match goes on', { regex_uri: ['^/test', '/x'] }, { uri: '/other' }, undefined],
  ['by default nothing is encoded', { uri: '/a b%é' }, {}, `302 ${Buffer.from('/a b%é').toString('latin1')}`],
  ['encode_uri encodes up to the query', { uri: '/a b%é?c d', encode_uri: true }, {}, '302 /a%20b%25%C3%A9?c d'],
  ['the query of the client can follow', { uri: '/new', append_query_string: true }, { target: '/old?a=1' }, '302 /new?a=1'],
  ['after an ampersand where there is one', { uri: '/new?x', append_query_string: true }, { target: '/old?a=1' }, '302 /new?x&a=1'],
  ['where it sent none there is nothing to follow', { uri: '/new', append_query_string: true }, { target: '/old' }, '302 /new'],
  ['also behind what a pattern made', { regex_uri: ['^/old', '/new'], append_query_string: true }, { target: '/old/x?a' }, '302 /new/x?a'],
  ['a line feed of the client starts no field', { uri: '/$arg_p' }, { variables: { arg_p: '\r\nSet-Cookie: a=b' } }, '302 /%0D%0ASet-Cookie: a=b'],
  ['what browsers take for a second slash leads nowhere else', { uri: '$uri/' }, { variables: { uri: '/\\evil.test' } }, '302 /%5Cevil.test/'],
  ['encoded, it is encoded once', { uri: '$uri/', encode_uri: true }, { variables: { uri: '/\\evil.test' } }, '302 /%5Cevil.test/'],
  ['nor does what they leave out', { regex_uri: ['^(.*)$', '$1/'] }, { uri: '/\t/evil.test' }, '302 /%09/evil.test/'],
  ['plain requests go to https', { http_to_https: true }, { target: '/a%20b?c=d' }, '301 https://gateway.test:9443/a%20b?c=d'],
  ['and nothing is decoded that was encoded', { http_to_https: true }, { target: '/a%2Fb//c/%2e?d%20e' }, '301 https://gateway.test:9443/a%2Fb//c/%2e?d%20e'],
  ['a target in absolute form is its path', { http_to_https: true }, { target: 'http://a.test/b?c', uri: '/b', query: 'c' }, '301 https://gateway.test:9443/b?c'],
  ['HEAD too', { http_to_https: true }, { method: 'HEAD' }, '301 https://gateway.test:9443/'],
  ['other methods keep theirs, whatever ret_code says', { http_to_https: true, ret_code: 302 }, { method: 'POST' }, '308 https://gateway.test:9443/'],
  ['what came over https goes on', { http_to_https: true }, { scheme: 'https' }, undefined],
  ['X-Forwarded-Proto says how it came', { http_to_https: true }, { scheme: 'http', variables: { http_x_forwarded_proto: 'https' } }, undefined],
  ['also when it came plainly to a proxy with TLS behind', { http_to_https: true }, { scheme: 'https', variables: { http_x_forwarded_proto: 'http' } }, '301 https://gateway.test:9443/'],
  ['a client that names no host cannot be sent there, and does not pass', { http_to_https: true }, { host: '', httpVersion: '1.0' }, '400'],
  ['an escaped question mark opens no query', { http_to_https: true }, { target: '/a%3Fb' }, '301 https://gateway.test:9443/a%3Fb'],
  ['switched off it does nothing', { http_to_https: false }, {}, undefined]
]
for (const [behaviour, conf, request, answer] of locations) {
  t.test(behaviour, async t => {
    t.equal(await answered(conf, request), answer)
  })
}

t.test('the port of https is that of plugin_attr, and is left out where it is the usual one or none', async t => {
  for (const [port, suffix] of [[8443, ':8443'], [443, ''], [0, ''], [-1, ''], [70000, '']] as const) {
    t.equal(await answered({ http_to_https: true }, {}, { https_port: port }), `301 https://gateway.test${suffix}/`)
  }
})

t.test('a configuration that could not work is refused', async t => {
  const cases: ReadonlyArray<readonly [conf: object, complaint: string | RegExp]> = [
    [{}, 'value should match only one schema, but matches none'],
    [{ uri: '/a', http_to_https: true }, 'value should match only one schema, but matches both schemas 1 and 3'],
    [{ uri: '/' }, 'property "uri" validation failed: string too short, expected at least 2, got 1'],
    [{ http_to_https: true, append_query_string: true }, 'only one of `http_to_https` and `append_query_string` can be configured.'],
    [{ regex_uri: ['^/a'] }, 'property "regex_uri" validation failed: expect array to have at least 2 items'],
    [{ regex_uri: ['^/a', '/b', '/c'] }, 'property "regex_uri" validation failed: expect array to have at most 2 items'],
    [{ regex_uri: ['(', '/b'] }, /^invalid regex_uri \(\(, \/b\), err:.*Unterminated group/],
    [{ regex_uri: ['a', '$x'] }, 'invalid regex_uri (a, $x), err:a "$" must be followed by a number, or be written "$$"'],
    [{ uri: '/a', ret_code: 199 }, 'property "ret_code" validation failed: expected 199 to be at least 200'],
    [{ uri: '/a', ret_code: 600 }, 'property "ret_code" validation failed: expected 600 to be at most 599']
  ]
  for (const [conf, complaint] of cases) t.match(await complaintAbout('redirect', conf), complaint, JSON.stringify(conf))
})
