import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const refusal = { status: 403, body: { message: 'Not allowed' } }
const cases: ReadonlyArray<readonly [behaviour: string, conf: object, agents: readonly string[], isRefused: boolean]> = [
  ['who is on the allowlist passes', { allowlist: ['^curl/'] }, ['curl/8.0'], false],
  ['others do not', { allowlist: ['^curl/'] }, ['wget/1.0'], true],
  ['who is on the denylist does not pass', { denylist: ['(?i)bot'] }, ['GoogleBot/2'], true],
  ['others do', { denylist: ['(?i)bot'] }, ['curl/8.0'], false],
  ['white space around the value does not count', { allowlist: ['^curl$'] }, ['  curl '], false],
  ['of several lines one that is allowed is enough', { allowlist: ['^curl'] }, ['wget', 'curl'], false],
  ['of several lines one that is denied is enough', { denylist: ['^bad'] }, ['curl', 'bad/1'], true],
  ['who says nothing is refused', { denylist: ['x'] }, [], true],
  ['unless that is allowed', { allowlist: ['x'], bypass_missing: true }, [], false]
]
for (const [behaviour, conf, agents, isRefused] of cases) {
  t.test(behaviour, async t => {
    const { access } = await runPlugin('ua-restriction', conf)
    const result = await access?.(fakeRequest({ fields: agents.flatMap(agent => ['User-Agent', agent]) }))
    t.strictSame(responseOf(result), isRefused ? refusal : undefined)
  })
}

t.test('denied on any line is denied, whatever the others say', async t => {
  const { access } = await runPlugin('ua-restriction', { denylist: ['^bad'] })
  t.strictSame(responseOf(await access?.(fakeRequest({ fields: ['User-Agent', 'bad', 'User-Agent', 'bad too'] }))), refusal)
})

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{}, 'value should match only one schema, but matches none'],
    [{ allowlist: ['a'], denylist: ['b'] }, 'value should match only one schema, but matches both schemas 1 and 2'],
    [{ allowlist: [''] }, 'property "allowlist" validation failed: failed to validate item 1: string too short, expected at least 1, got 0'],
    [{ denylist: ['a', '('] }, /^invalid user agent pattern "\(": /]
  ] as const) t.match(await complaintAbout('ua-restriction', conf), complaint)
})
