import t from 'tap'
import { compilePattern } from '@clinch/plugins'

const matches: ReadonlyArray<readonly [behaviour: string, source: string, yes: readonly string[], no: readonly string[]]> = [
  ['a search is unanchored and minds the case', 'b+', ['abbc'], ['ABBC']],
  ['(?i) at the start ignores case', '(?i)^/api', ['/API/x'], ['/x']],
  ['(?s) lets the dot match a line feed', '(?s)a.b', ['a\nb'], []],
  ['a dot matches a carriage return but no line feed', 'a.b', ['a\rb'], ['a\nb']],
  ['\\A and \\z are the ends, whatever the options', '(?m)\\Aa\\z', ['a'], ['b\na', 'a\nb']],
  ['\\Z allows a final line feed', 'a\\Z', ['a', 'a\n'], ['a\n\n']],
  ['\\h is a blank', '^\\h[\\h]$', [' \t'], ['\n ']],
  ['\\H is anything else', '^\\H$', ['x'], [' ']],
  ['\\R is a line end', '^\\R$', ['\r\n', '\n'], ['x']],
  ['\\Q quotes up to \\E', '^\\Qa.b*\\E+$', ['a.b*', 'a.b**'], ['axb*']],
  ['\\x{...} is a code point', '^\\x{41}$', ['A'], ['x']],
  ['POSIX classes stand in brackets', '^[[:alpha:][:digit:]_]+$', ['aZ9_'], ['-']],
  ['a bracket that comes first stands for itself', '^[]a]+$', [']a'], ['b']],
  ['a negated bracket that comes first too', '^[^]a]+$', ['b'], [']']],
  ['a dot in brackets is a dot', '^[.]$', ['.'], ['x']],
  ['a comment is no part of it', '^a(?#hm)b$', ['ab'], []],
  ['(?P=n) refers back to (?P<n>...)', '^(?P<n>a|b)(?P=n)\\k<n>$', ['aaa', 'bbb'], ['aba']],
  ['lookarounds work', '(?<=a)b(?!c)', ['abd'], ['abc', 'xb']],
  ['escaped punctuation is punctuation', '^\\/\\-\\.\\$$', ['/-.$'], ['/-x$']]
]

for (const [behaviour, source, yes, no] of matches) {
  t.test(behaviour, async t => {
    const compiled = compilePattern(source)
    const isMatch = (text: string) => compiled.kind === 'compiled' ? compiled.pattern.test(text) : compiled.reason
    for (const text of yes) t.equal(isMatch(text), true, JSON.stringify(text))
    for (const text of no) t.equal(isMatch(text), false, JSON.stringify(text))
  })
}

t.test('captures can be named in either way', async t => {
  const compiled = compilePattern('(?P<year>\\d{4})-(?<month>\\d\\d)')
  t.ok(compiled.kind === 'compiled')
  if (compiled.kind === 'compiled') t.match(compiled.pattern.exec('2026-07')?.groups, { year: '2026', month: '07' })
})

t.test('what has no counterpart is refused with the reason, never run with another meaning', async t => {
  const refused: ReadonlyArray<readonly [source: string, reason: RegExp]> = [
    ['(?>a+)b', /atomic group is not supported/],
    ['a++b', /Nothing to repeat/],
    ['(?x) a', /option \(\?x\) is not supported/],
    ['a\\Kb', /\\K is not supported/],
    ['\\p{L}', /\\p is not supported/],
    ['\\x{1F600}', /\\x is not supported/],
    ['[[:nonsense:]]', /\[:nonsense:\] is not supported/],
    ['(?R)', /kind of group is not supported/],
    ['(?P>n)(?<n>a)', /kind of group is not supported/],
    ['(*ACCEPT)', /verb is not supported/],
    ['(', /Unterminated group/],
    ['[a', /Unterminated character class/]
  ]
  for (const [source, reason] of refused) {
    const compiled = compilePattern(source)
    t.equal(compiled.kind, 'refused', source)
    if (compiled.kind === 'refused') t.match(compiled.reason, reason)
  }
})
