import t from 'tap'
import { compileExpression } from '@clinch/plugins'

const variables: Readonly<Record<string, string>> = { name: 'json', count: '10', hex: '0x10', ip: '192.0.2.7', empty: '' }
const read = { variable: (name: string) => variables[name] }

t.test('expressions hold or do not', async t => {
  const cases: ReadonlyArray<readonly [rule: unknown, holds: boolean]> = [
    [[], true],
    [[['name', '==', 'json']], true],
    [[['name', 'json']], true],
    [[['name', '!', '==', 'json']], false],
    [[['name', '==', 'JSON']], false],
    [[['count', '==', 10]], true],
    [[['count', '==', '10']], true],
    [[['hex', '==', 16]], true],
    [[['name', '==', 10]], false],
    [[['name', '~=', 10]], true],
    [[['absent', '==', null]], true],
    [[['absent', '~=', null]], false],
    [[['name', '~=', null]], true],
    [[['count', '>', 9]], true],
    [[['count', '>=', '10']], true],
    [[['count', '<', 10]], false],
    [[['count', '<=', 10]], true],
    [[['name', '>', 1]], false],
    [[['name', '~~', '^j.+n$']], true],
    [[['name', '~~', 'JSON']], false],
    [[['name', '~*', 'JSON']], true],
    [[['name', '~~', '(?i)JSON']], true],
    [[['absent', '~~', '']], false],
    [[['name', 'in', ['xml', 'json']]], true],
    [[['count', 'IN', [10]]], false],
    [[['name', 'has', 'json']], false],
    [[['ip', 'ipmatch', '192.0.2.0/24']], true],
    [[['ip', 'ipmatch', ['10.0.0.0/8', '::1']]], false],
    [[['name', '==', 'json'], ['count', '==', 11]], false],
    [['OR', ['name', '==', 'xml'], ['count', '==', 10]], true],
    [['or', ['name', '==', 'xml'], ['AND', ['count', '>', 1], ['count', '<', 5]]], false],
    [['!AND', ['name', '==', 'json'], ['count', '==', 11]], true],
    [['!OR', ['name', '==', 'xml'], ['count', '==', 11]], true]
  ]
  for (const [rule, holds] of cases) {
    const compiled = compileExpression(rule)
    t.equal(compiled.kind === 'expression' && compiled.test(read), holds, JSON.stringify(rule))
  }
})

t.test('members of a JSON body and lists keep their types', async t => {
  const structured: Readonly<Record<string, unknown>> = { 'post_arg.n': 3, 'post_arg.text': '3', 'post_arg.on': true, 'post_arg.none': null, 'post_arg.roles[*]': ['a', 7], graphql_root_fields: ['cup'] }
  const source = { variable: () => undefined, structuredVariable: (name: string) => structured[name] }
  const cases: ReadonlyArray<readonly [condition: unknown[], holds: boolean]> = [
    [['post_arg.n', '==', 3], true],
    [['post_arg.n', '==', '3'], false],
    [['post_arg.text', '==', 3], true],
    [['post_arg.text', '==', '3'], true],
    [['post_arg.n', '>', 2], true],
    [['post_arg.n', '~~', '^3$'], true],
    [['post_arg.n', 'in', [3]], true],
    [['post_arg.n', 'in', ['3']], false],
    [['post_arg.on', '==', true], true],
    [['post_arg.on', '==', 'true'], false],
    [['post_arg.on', '>', 0], false],
    [['post_arg.none', '==', null], true],
    [['post_arg.none', 'in', [null]], false],
    [['post_arg.missing', '~=', null], false],
    [['post_arg.roles[*]', 'has', 'a'], true],
    [['post_arg.roles[*]', 'has', 7], true],
    [['post_arg.roles[*]', 'has', '7'], false],
    [['post_arg.roles[*]', '!', 'has', 'b'], true],
    [['post_arg.roles[*]', '==', 'a'], false],
    [['post_arg.roles[*]', '~~', 'a'], false],
    [['post_arg.roles[*]', 'ipmatch', '0.0.0.0/0'], false],
    [['graphql_root_fields', 'has', 'cup'], true]
  ]
  for (const [condition, holds] of cases) {
    const compiled = compileExpression([condition])
    t.equal(compiled.kind === 'expression' && compiled.test(source), holds, JSON.stringify(condition))
  }
})

t.test('an expression that cannot be compiled says why', async t => {
  const cases: ReadonlyArray<readonly [rule: unknown, reason: string | RegExp]> = [
    ['name', 'rule should be wrapped inside brackets'],
    [['name', '==', 'json'], 'rule should be wrapped inside brackets'],
    [[['name']], 'rule too short'],
    [['OR', ['name', '==', 'json']], 'rule too short'],
    [[['name', '!', '==']], 'bad \'not\' expression'],
    [[[1, '==', 1]], 'invalid expression'],
    [[['name', '==', 1, 2]], 'bad \'not\' expression'],
    [[['name', '==', 1, 2, 3]], 'invalid expression'],
    [[['name', 'in', 'json']], 'invalid expression'],
    [[['name', '~~', 1]], 'invalid expression'],
    [[['name', '=~', 'json']], 'invalid operator \'=~\''],
    [[['name', 'toString', 'json']], 'invalid operator \'toString\''],
    [[['ip', 'ipmatch', '1.2.3.4.5']], 'invalid ip address'],
    [[['ip', 'ipmatch', 7]], 'invalid ip address'],
    [[['name', '~~', '(']], /Invalid regular expression/]
  ]
  for (const [rule, reason] of cases) t.match(compileExpression(rule), { kind: 'invalid', reason }, JSON.stringify(rule))
})
