import t from 'tap'
import { compileLine } from '../../packages/data-plane/src/access-log/compile-line.ts'
import { escapes, type EscapeName } from '../../packages/data-plane/src/access-log/escape.ts'
import type { GatewayContext } from '../../packages/data-plane/src/proxy/request-context.ts'

/** As much of a request as the lines below are made of. */
const context = {
  method: 'GET',
  uri: '/a',
  query: '',
  knownVariable: (name: string) => name === 'uri' ? '/set-by-a-plugin' : undefined,
  variable: (name: string) => name === 'of_a_plugin' ? 'its value' : undefined
} as unknown as GatewayContext

t.test('a format is text with variables, whatever stands around them', async t => {
  const cases: ReadonlyArray<readonly [format: string, line: string]> = [
    ['$method', 'GET\n'],
    ['[$method] "$' + '{method}x"', '[GET] "GETx"\n'],
    ['$method$is_args$method', 'GETGET\n'],
    ['no variable', 'no variable\n'],
    ['$ 5 $', '$ 5 $\n'],
    ['$methodx', '-\n'],
    ['$method-$there_is_none', 'GET--\n'],
    ['$uri', '/set-by-a-plugin\n'],
    ['$of_a_plugin', 'its value\n']
  ]
  for (const [format, line] of cases) t.equal(compileLine(format, 'default')(context), line, format)
  t.equal(compileLine('{"m":"$method","none":"$there_is_none"}', 'json')(context), '{"m":"GET","none":""}\n')
})

t.test('values are escaped as nginx does it', async t => {
  const octets = Buffer.from('é').toString('latin1') // as node hands on what a client sent as UTF-8
  const cases: ReadonlyArray<readonly [value: string | undefined, escaped: Readonly<Record<EscapeName, string>>]> = [
    [undefined, { default: '-', json: '', none: '' }],
    ['', { default: '', json: '', none: '' }],
    ['plain text ~!', { default: 'plain text ~!', json: 'plain text ~!', none: 'plain text ~!' }],
    ['a"b\\c', { default: 'a\\x22b\\x5Cc', json: 'a\\"b\\\\c', none: 'a"b\\c' }],
    ['a\nb\r\t\x01\x7f', { default: 'a\\x0Ab\\x0D\\x09\\x01\\x7F', json: 'a\\nb\\r\\t\\u0001\x7f', none: 'a\nb\r\t\x01\x7f' }],
    [octets, { default: '\\xC3\\xA9', json: 'é', none: 'é' }],
    ['\xe9', { default: '\\xE9', json: 'é', none: 'é' }],
    ['東', { default: '\\xE6\\x9D\\xB1', json: '東', none: '東' }]
  ]
  for (const [value, escaped] of cases) {
    for (const name of ['default', 'json', 'none'] as const) t.equal(escapes[name](value), escaped[name], `${name} ${JSON.stringify(value)}`)
  }
})

t.test('whatever a client sends, a line is one line and JSON is JSON', async t => {
  for (let code = 0; code < 0x300; code++) {
    const value = `a${String.fromCharCode(code)}b`
    t.match(escapes.default(value), /^[ !#-~]*$/, `${code}`)
    t.equal(typeof JSON.parse(`"${escapes.json(value)}"`), 'string', `${code}`)
  }
})
