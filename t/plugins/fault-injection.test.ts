/* eslint-disable no-template-curly-in-string -- these are our templates */
import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

async function answered (conf: object, variables: Readonly<Record<string, string>> = {}) {
  const { rewrite } = await runPlugin('fault-injection', conf)
  return responseOf(await rewrite?.(fakeRequest({ variables })))
}

t.test('abort answers with status, body and headers, which are templates', async t => {
  t.strictSame(await answered({ abort: { http_status: 418 } }), { status: 418, headers: {} })
  t.strictSame(
    await answered({ abort: { http_status: 200, body: 'hi ${arg_name}', headers: { 'X-A': '$arg_name', 'X-N': 7 } } }, { arg_name: 'jack\r\nX: 1' }),
    { status: 200, headers: { 'X-A': 'jack%0D%0AX: 1', 'X-N': '7' }, body: 'hi jack\r\nX: 1' }
  )
})

t.test('0 percent is never, 100 is always', async t => {
  for (let round = 0; round < 100; round++) {
    t.equal(await answered({ abort: { http_status: 500, percentage: 0 } }), undefined)
    t.match(await answered({ abort: { http_status: 500, percentage: 100 } }), { status: 500 })
  }
})

t.test('half of them is roughly half', async t => {
  const { rewrite } = await runPlugin('fault-injection', { abort: { http_status: 500, percentage: 50 } })
  let hits = 0
  for (let round = 0; round < 2000; round++) if (responseOf(await rewrite?.(fakeRequest())) !== undefined) hits++
  t.ok(hits > 800 && hits < 1200, String(hits))
})

t.test('one of the expressions must hold, and of none none does', async t => {
  const vars = [[['arg_a', '==', '1']], [['arg_b', '==', '1']]]
  t.match(await answered({ abort: { http_status: 403, vars } }, { arg_b: '1' }), { status: 403 })
  t.equal(await answered({ abort: { http_status: 403, vars } }, { arg_b: '2' }), undefined)
  t.equal(await answered({ abort: { http_status: 403, vars: [] } }), undefined)
})

t.test('a delay comes first, and those that it does not choose wait for nothing', async t => {
  const { rewrite } = await runPlugin('fault-injection', { delay: { duration: 0.02 }, abort: { http_status: 503 } })
  const waiting = rewrite?.(fakeRequest())
  t.ok(waiting instanceof Promise)
  t.match(responseOf(await waiting), { status: 503 })
  const chosen = await runPlugin('fault-injection', { delay: { duration: 60, vars: [[['arg_a', '==', '1']]] } })
  t.notOk(chosen.rewrite?.(fakeRequest()) instanceof Promise)
})

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{}, 'object matches none of the required: ["abort"] or ["delay"]'],
    [{ abort: {} }, 'property "abort" validation failed: property "http_status" is required'],
    [{ abort: { http_status: 100 } }, 'property "abort" validation failed: property "http_status" validation failed: expected 100 to be at least 200'],
    [{ abort: { http_status: 1000 } }, 'property "abort" validation failed: property "http_status" validation failed: expected 1000 to be at most 999'],
    [{ delay: { duration: -1 } }, 'property "delay" validation failed: property "duration" validation failed: expected -1 to be at least 0'],
    [{ delay: { duration: 1, percentage: 101 } }, 'property "delay" validation failed: property "percentage" validation failed: expected 101 to be at most 100'],
    [{ abort: { http_status: 200, vars: [[['a', '=', 1]]] } }, 'failed to validate the \'vars\' expression: invalid operator \'=\''],
    [{ abort: { http_status: 200, headers: { 'a b': 'c' } } }, 'invalid field character in header']
  ] as const) t.equal(await complaintAbout('fault-injection', conf), complaint)
})
