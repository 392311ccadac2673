/* eslint-disable no-template-curly-in-string -- these are our templates */
import t from 'tap'
import { compileCountingTemplate, compileTemplate } from '@clinch/plugins'

const variables: Readonly<Record<string, string>> = { host: 'a.test', 'post_arg.user.name': 'ada', empty: '', sly: '$host ${host}' }
const context = { variable: (name: string) => variables[name] }

const cases: ReadonlyArray<readonly [behaviour: string, text: string, rendered: string, resolved: number]> = [
  ['a name is replaced by its value', 'to $host', 'to a.test', 1],
  ['braces set a name apart from what follows', '${host}ing', 'a.testing', 1],
  ['a name may have dots', '${post_arg.user.name}/$post_arg.user.name', 'ada/ada', 2],
  ['an unknown name becomes the empty string', '<$nothing>', '<>', 0],
  ['a known but empty value counts as resolved', '<$empty>', '<>', 1],
  ['a default stands in and counts as resolved', '${nothing ?? some thing}', 'some thing', 1],
  ['a default is not used where there is a value', '${host ?? other}', 'a.test', 1],
  ['an empty default is a default', '<${nothing??}>', '<>', 1],
  ['an escaped name stays as it is, backslash included', '\\$host \\${host}', '\\$host \\${host}', 0],
  ['a lone dollar is a dollar', '5$ and $-', '5$ and $-', 0],
  ['an open brace is text', '${host', '${host', 0],
  ['what a variable holds is not read as a template', '$sly', '$host ${host}', 1],
  ['text without names is itself', 'plain', 'plain', 0],
  ['nothing is nothing', '', '', 0]
]

for (const [behaviour, text, rendered, resolved] of cases) {
  t.test(behaviour, async t => {
    t.equal(compileTemplate(text)(context), rendered)
    t.strictSame(compileCountingTemplate(text)(context), { text: rendered, resolved })
  })
}

t.test('values can be mapped, and defaults and text are left alone', async t => {
  const render = compileTemplate('?$host${nothing ?? ?}', { mapValue: value => value.toUpperCase() })
  t.equal(render(context), '?A.TEST?')
})

t.test('a long hostile template compiles without backtracking', async t => {
  const started = Date.now()
  t.equal(compileTemplate('${' + 'a'.repeat(50_000) + ' '.repeat(50_000))(context).length, 100_002)
  t.ok(Date.now() - started < 2000)
})
