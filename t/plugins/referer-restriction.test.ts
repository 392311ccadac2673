import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const refusal = { status: 403, body: { message: 'Your referer host is not allowed' } }
const cases: ReadonlyArray<readonly [behaviour: string, conf: object, referer: string | undefined, isRefused: boolean]> = [
  ['a listed host passes', { whitelist: ['a.test'] }, 'https://a.test/page', false],
  ['its port does not count', { whitelist: ['a.test'] }, 'http://a.test:8080/', false],
  ['another does not', { whitelist: ['a.test'] }, 'http://b.test/', true],
  ['a star stands for whatever comes before, at any depth', { whitelist: ['*.a.test'] }, 'http://x.y.a.test/', false],
  ['but not for nothing', { whitelist: ['*.a.test'] }, 'http://a.test/', true],
  ['names compare without case', { whitelist: ['A.test'] }, 'http://a.TEST/', false],
  ['a blacklist refuses what it lists', { blacklist: ['*'] }, 'http://a.test/', true],
  ['and lets others pass', { blacklist: ['b.test'] }, 'http://a.test/', false],
  ['no referer is refused', { blacklist: ['b.test'] }, undefined, true],
  ['as is one that is no URL', { blacklist: ['b.test'] }, 'a.test', true],
  ['unless that is allowed', { whitelist: ['a.test'], bypass_missing: true }, 'about', false]
]
for (const [behaviour, conf, referer, isRefused] of cases) {
  t.test(behaviour, async t => {
    const { access } = await runPlugin('referer-restriction', conf)
    const result = await access?.(fakeRequest({ fields: referer === undefined ? [] : ['Referer', referer] }))
    t.strictSame(responseOf(result), isRefused ? refusal : undefined)
  })
}

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{}, 'value should match only one schema, but matches none'],
    [{ whitelist: [] }, 'property "whitelist" validation failed: expect array to have at least 1 items'],
    [{ whitelist: ['a b'] }, /^property "whitelist" validation failed: failed to validate item 1: failed to match pattern/]
  ] as const) t.match(await complaintAbout('referer-restriction', conf), complaint)
})
