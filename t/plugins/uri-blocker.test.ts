import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const cases: ReadonlyArray<readonly [behaviour: string, conf: object, target: string, isBlocked: boolean]> = [
  ['a rule is searched for in the path', { block_rules: ['root.exe', 'root.m+'] }, '/a/root.exe', true],
  ['and in the query', { block_rules: ['select.+from'] }, '/?q=select%20x%20from', true],
  ['what no rule matches passes', { block_rules: ['root.exe'] }, '/root', false],
  ['case counts', { block_rules: ['ROOT'] }, '/root', false],
  ['unless it does not', { block_rules: ['ROOT'], case_insensitive: true }, '/root', true],
  ['an option of one rule is not the next one\'s', { block_rules: ['(?i)aa', 'BB'] }, '/bb', false],
  ['no rules block nothing', { block_rules: [] }, '/', false],
  ['the target is taken as it came', { block_rules: ['/admin'] }, '/%61dmin', false],
  ['or decoded as well', { block_rules: ['/admin'], test_decoded: true }, '/%61dmin', true]
]
for (const [behaviour, conf, target, isBlocked] of cases) {
  t.test(behaviour, async t => {
    const { rewrite } = await runPlugin('uri-blocker', conf)
    t.strictSame(responseOf(await rewrite?.(fakeRequest({ target }))), isBlocked ? { status: 403 } : undefined)
  })
}

t.test('code and message can be set', async t => {
  const { rewrite } = await runPlugin('uri-blocker', { block_rules: ['x'], rejected_code: 400, rejected_msg: 'no' })
  t.strictSame(responseOf(await rewrite?.(fakeRequest({ target: '/x' }))), { status: 400, body: { error_msg: 'no' } })
})

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{}, 'property "block_rules" is required'],
    [{ block_rules: ['a', 'a'] }, 'property "block_rules" validation failed: expected unique items but items 1 and 2 are equal'],
    [{ block_rules: ['a'], rejected_code: 1000 }, 'property "rejected_code" validation failed: expected 1000 to be at most 999'],
    [{ block_rules: ['.+('] }, /^invalid block rule "\.\+\(": /]
  ] as const) t.match(await complaintAbout('uri-blocker', conf), complaint)
})
