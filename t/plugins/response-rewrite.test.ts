/* eslint-disable no-template-curly-in-string -- these are our templates */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { fakeRequest, fakeResponse } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

interface Upstream {
  readonly status?: number
  readonly fields?: readonly string[]
  readonly body?: string | Buffer
  readonly variables?: Readonly<Record<string, string>>
  /** Octets in a chunk. */
  readonly chunkBytes?: number
}

/** What becomes of a response on its way through the plugin. */
async function rewritten (conf: object, { status = 200, fields = [], body = '', variables = {}, chunkBytes = 7 }: Upstream = {}) {
  const recorder = recordLog()
  const { headerFilter, bodyFilter, log } = await runPlugin('response-rewrite', conf, { recorder })
  const request = fakeRequest({ variables })
  const response = fakeResponse(fields, status)
  headerFilter?.(request, response)
  const whole = Buffer.from(body)
  const parts: Buffer[] = []
  for (let at = 0; at < whole.length; at += chunkBytes) parts.push(bodyFilter?.(request, whole.subarray(at, at + chunkBytes), false) ?? whole.subarray(at, at + chunkBytes))
  parts.push(bodyFilter?.(request, Buffer.alloc(0), true) ?? Buffer.alloc(0))
  log?.(request, { status, source: 'upstream', durationMs: 0, upstreamMs: 0, requestBytes: 0, responseBytes: 0 })
  const out = Buffer.concat(parts)
  return { status: response.status, fields: response.headers.raw, body: out.toString(), octets: out, lines: recorder.lines }
}

t.test('the status is another one', async t => {
  t.match(await rewritten({ status_code: 418 }, { body: 'as it was', fields: ['ETag', 'x'] }), { status: 418, body: 'as it was', fields: ['ETag', 'x'] })
})

t.test('headers are added, then set, then removed, with variables', async t => {
  const headers = { add: ['Set-Cookie: a=1', 'Set-Cookie: b=$arg_b', 'X-Gone: x'], set: { 'x-set': '${host}', 'X-Number': 7 }, remove: ['x-gone', 'X-Powered-By'] }
  const { fields } = await rewritten({ headers }, { fields: ['Set-Cookie', 'z=0', 'X-Set', 'old', 'x-set', 'older', 'X-Powered-By', 'p'], variables: { arg_b: '2\r\nX-Evil: 1', host: 'h' } })
  t.strictSame(fields, ['Set-Cookie', 'z=0', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2%0D%0AX-Evil: 1', 'x-set', 'h', 'X-Number', '7'])
})

t.test('the older form of headers sets them', async t => {
  t.strictSame((await rewritten({ headers: { 'X-A': 'new', 'X-B': 3 } }, { fields: ['x-a', 'old'] })).fields, ['X-A', 'new', 'X-B', '3'])
})

t.test('an added value ends at the next colon', async t => {
  t.strictSame((await rewritten({ headers: { add: ['A: b:'] } })).fields, ['A', 'b'])
})

t.test('without headers they stay', async t => {
  t.strictSame((await rewritten({}, { fields: ['A', 'b'] })).fields, ['A', 'b'])
})

const ofTheBody = ['Content-Length', '9', 'Content-Encoding', 'gzip', 'ETag', '"x"', 'Last-Modified', 'today', 'Content-Digest', 'd', 'X-Other', 'o']

t.test('the body is replaced, and what was said of the old one goes with it', async t => {
  t.match(await rewritten({ body: 'new $host' }, { body: gzipSync('old'), fields: ofTheBody }), { body: 'new $host', fields: ['X-Other', 'o'] })
  t.match(await rewritten({ body: Buffer.from([0, 255, 10]).toString('base64'), body_base64: true }), { octets: Buffer.from([0, 255, 10]) })
  t.match(await rewritten({ body: '' }, { body: 'old' }), { body: '' })
})

t.test('what is set in its place stays', async t => {
  t.strictSame((await rewritten({ body: 'x', headers: { set: { ETag: '"mine"' } } }, { fields: ['ETag', '"theirs"'] })).fields, ['ETag', '"mine"'])
})

const replacements: ReadonlyArray<readonly [behaviour: string, filters: readonly object[], body: string, replaced: string]> = [
  ['the first match is replaced', [{ regex: 'a', replace: 'b' }], 'aaa', 'baa'],
  ['or every one', [{ regex: 'a', replace: 'b', scope: 'global' }], 'aaa', 'bbb'],
  ['also where the match is empty', [{ regex: 'x*', replace: '-', scope: 'global' }], 'abc', '-a-b-c-'],
  ['captures are there', [{ regex: '(\\w+) (\\w+)', replace: '${2}-$1-$0-$$' }], 'hello world', 'world-hello-hello world-$'],
  ['filters follow each other', [{ regex: 'a', replace: 'b' }, { regex: 'b', replace: 'c' }], 'a', 'c'],
  ['a filter that matches nothing changes nothing', [{ regex: 'z', replace: 'b' }], 'aaa', 'aaa'],
  ['over the bounds of chunks', [{ regex: 'seven.*eight', replace: '-' }], 'one two three seven hundred eight nine', 'one two three - nine'],
  ['i: without regard to case', [{ regex: 'A', replace: 'b', options: 'ijo' }], 'a', 'b'],
  ['m: at every line', [{ regex: '^b$', replace: 'x', options: 'm' }], 'a\nb\nc', 'a\nx\nc'],
  ['s: the dot is a line feed too', [{ regex: 'a.b', replace: 'x', options: 's' }], 'a\nb', 'x'],
  ['x: white space and comments are left out', [{ regex: 'a\\ # first\n [ #] b \\Q c\\E', replace: 'x', options: 'x' }], 'a #b c', 'x'],
  ['u: a character beyond the basic plane is one', [{ regex: '^.-\\-', replace: 'x', options: 'u' }], '😀--', 'x'],
  ['text is read as text', [{ regex: '\\s', replace: '_', scope: 'global' }], 'déjà vu à', 'déjà_vu_à'],
  ['an empty body can be filled', [{ regex: '^$', replace: 'x' }], '', 'x']
]
for (const [behaviour, filters, body, replaced] of replacements) {
  t.test(behaviour, async t => {
    t.equal((await rewritten({ filters }, { body })).body, replaced)
  })
}

t.test('a body that is not UTF-8 keeps every octet that is not replaced', async t => {
  const body = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0xc3]), Buffer.from('a'), Buffer.from([0x80])])
  t.strictSame((await rewritten({ filters: [{ regex: 'a', replace: 'bc' }] }, { body })).octets, Buffer.concat([body.subarray(0, 4), Buffer.from('bc'), body.subarray(5)]))
})

const filters = [{ regex: 'old', replace: 'new', scope: 'global' }]
const long = 'old and older, '.repeat(1000)

t.test('gzip and br are taken off before the filters, and what is sent has no coding', async t => {
  for (const [coding, body] of [['gzip', gzipSync(long)], ['x-gzip', gzipSync(long)], ['BR', brotliCompressSync(long)], ['identity', Buffer.from(long)]] as const) {
    const { body: sent, fields } = await rewritten({ filters }, { body, fields: ['Content-Encoding', coding, 'ETag', 'x'] })
    t.equal(sent, long.replaceAll('old', 'new'), coding)
    t.strictSame(fields, [])
  }
})

t.test('a response without a body has none afterwards, whatever its coding', async t => {
  t.match(await rewritten({ filters }, { fields: ['Content-Encoding', 'gzip'] }), { body: '', lines: [] })
})

t.test('another coding stays as it is, with its header, and an error says so', async t => {
  for (const coding of ['deflate', 'zstd', 'gzip, br']) {
    const fields = ['Content-Encoding', coding, 'ETag', 'x']
    t.match(await rewritten({ filters, status_code: 201 }, { body: 'old', fields }), {
      status: 201, body: 'old', fields, lines: [{ level: 50, coding, msg: 'response body has an unknown content coding and passes unfiltered' }]
    })
  }
})

t.test('what is not what its coding says breaks the response off', async t => {
  await t.rejects(rewritten({ filters }, { body: 'no gzip', fields: ['Content-Encoding', 'gzip'] }), { message: /incorrect header check/ })
  await t.rejects(rewritten({ filters }, { body: gzipSync(long).subarray(0, 40), fields: ['Content-Encoding', 'gzip'] }), { message: /unexpected end of file/ })
  await t.rejects(rewritten({ filters }, { body: 'no brotli', fields: ['Content-Encoding', 'br'] }))
})

t.test('a body that is longer than is kept passes as it is, to its last octet', async t => {
  const tooLong = { level: 50, maxBytes: 100, msg: 'response body is longer than max_resp_body_size and passes unfiltered' }
  const conf = { filters, max_resp_body_size: 100 }
  t.match(await rewritten(conf, { body: long }), { body: long, lines: [tooLong] })
  const announced = ['Content-Length', String(long.length), 'ETag', 'x']
  t.match(await rewritten(conf, { body: long, fields: announced }), { body: long, fields: announced, lines: [tooLong] })
  const exact = 'old'.padEnd(100)
  t.match(await rewritten(conf, { body: exact }), { body: exact.replace('old', 'new'), lines: [] })
  t.equal((await rewritten(conf, { body: long })).lines.length, 1)
})

t.test('what counts is its length without the coding, and without the coding it passes', async t => {
  const bomb = gzipSync(Buffer.alloc(1_000_000))
  const { octets, lines, fields } = await rewritten({ filters, max_resp_body_size: 10_000 }, { body: bomb, fields: ['Content-Encoding', 'gzip', 'Content-Length', String(bomb.length)] })
  t.equal(octets.length, 1_000_000)
  t.strictSame(fields, [])
  t.equal(lines.length, 1)
})

t.test('vars decide for each response whether anything is done', async t => {
  const conf = { status_code: 200, body: 'x', headers: { 'X-A': '1' }, vars: [['status', '==', 500]] }
  t.match(await rewritten(conf, { status: 404, body: 'old', variables: { status: '404' } }), { status: 404, body: 'old', fields: [] })
  t.match(await rewritten(conf, { status: 500, body: 'old', variables: { status: '500' } }), { status: 200, body: 'x', fields: ['X-A', '1'] })
})

t.test('a configuration that could not work is refused', async t => {
  const cases: ReadonlyArray<readonly [conf: object, complaint: string | RegExp | undefined]> = [
    [{ body: 'x', filters }, /value wasn't supposed to match schema$/],
    [{ status_code: 199 }, 'property "status_code" validation failed: expected 199 to be at least 200'],
    [{ status_code: 599 }, 'property "status_code" validation failed: expected 599 to be at most 598'],
    [{ body_base64: true }, 'invalid base64 content'],
    [{ body_base64: true, body: '' }, 'invalid base64 content'],
    [{ body_base64: true, body: 'a b=' }, 'invalid base64 content'],
    [{ body_base64: true, body: 'abcde' }, 'invalid base64 content'],
    [{ body_base64: true, body: 'YQ' }, undefined],
    [{ vars: [['status', '!=', 1]] }, 'failed to validate the \'vars\' expression: invalid operator \'!=\''],
    [{ filters: [] }, 'property "filters" validation failed: expect array to have at least 1 items'],
    [{ filters: [{ regex: '', replace: '' }] }, /property "regex" validation failed: string too short/],
    [{ filters: [{ regex: 'a' }] }, 'property "filters" validation failed: failed to validate item 1: property "replace" is required'],
    [{ filters: [{ regex: 'a', replace: '', scope: 'all' }] }, /property "scope" validation failed: matches none of the enum values/],
    [{ filters: [{ regex: '(a', replace: '' }] }, /^regex "\(a" validation failed: .*Unterminated group/],
    [{ filters: [{ regex: 'a', replace: '$x' }] }, 'regex "a" validation failed: a "$" must be followed by a number, or be written "$$"'],
    [{ filters: [{ regex: 'a', replace: '', options: 'jok' }] }, 'regex "a" validation failed: unknown option "k"'],
    [{ max_resp_body_size: 0 }, /max_resp_body_size/],
    [{ headers: { add: ['no colon'] } }, /property "headers" validation failed/],
    [{ headers: { add: ['Location: http://a.test/'] } }, /property "headers" validation failed/],
    [{ headers: { set: {} } }, /property "headers" validation failed/],
    [{ headers: { set: { 'a b': 'x' } } }, 'invalid field character in header'],
    [{ headers: { 'X-A': 'x\ny' } }, 'invalid value character in header'],
    [{ headers: { 'Content-Length': 5 } }, 'header Content-Length says how the message is sent and cannot be set'],
    [{ headers: { add: ['transfer-encoding: chunked'] } }, 'header transfer-encoding says how the message is sent and cannot be set'],
    [{ headers: { remove: ['Content-Length'] } }, undefined]
  ]
  for (const [conf, complaint] of cases) t.match(await complaintAbout('response-rewrite', conf) ?? null, complaint ?? null, JSON.stringify(conf))
})
