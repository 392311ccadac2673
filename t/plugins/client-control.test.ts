import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

async function limitsOf (conf: object, fields: readonly string[] = []) {
  const limits: number[] = []
  const { rewrite } = await runPlugin('client-control', conf)
  const result = await rewrite?.(fakeRequest({ fields, limitBody: limitBytes => limits.push(limitBytes) }))
  return { limits, status: responseOf(result)?.status }
}

t.test('an announced length is judged at once, any other body as it comes', async t => {
  t.strictSame(await limitsOf({ max_body_size: 10 }, ['Content-Length', '11']), { limits: [], status: 413 })
  t.strictSame(await limitsOf({ max_body_size: 10 }, ['Content-Length', '10']), { limits: [10], status: undefined })
  t.strictSame(await limitsOf({ max_body_size: 10 }, ['Transfer-Encoding', 'chunked']), { limits: [10], status: undefined })
})

t.test('0 is no limit, and takes that of config.yaml away', async t => {
  t.strictSame(await limitsOf({ max_body_size: 0 }, ['Content-Length', '99999999']), { limits: [Infinity], status: undefined })
})

t.test('without the member nothing is said', async t => {
  t.strictSame(await limitsOf({}, ['Content-Length', '99999999']), { limits: [], status: undefined })
})

t.test('a size that is none is refused', async t => {
  t.equal(await complaintAbout('client-control', { max_body_size: -1 }), 'property "max_body_size" validation failed: expected -1 to be at least 0')
  t.equal(await complaintAbout('client-control', { max_body_size: '10m' }), 'property "max_body_size" validation failed: wrong type: expected integer, got string')
})
