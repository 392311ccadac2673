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

t.test('no text can blow a pattern up', async t => {
  const hostile = `${'a'.repeat(5000)}!`
  const cases: ReadonlyArray<readonly [source: string, text: string, ends: 'no match' | 'given up']> = [
    ['^(a+)+$', hostile, 'no match'],
    ['^(a|aa)+$', hostile, 'no match'],
    ['^(a|a?)+$', hostile, 'no match'],
    ['(?:.*a){12}b', hostile, 'no match'],
    ['(?i)^(A+)+$', hostile, 'no match'],
    ['\\A(a+)+\\z', hostile, 'no match'],
    ['^(?=a)(a+)+$', hostile, 'given up'],
    ['^(a+)+\\1$', hostile, 'given up'],
    ['^(?!b)a+$', hostile, 'no match'],
    ['^(?!b)a+$', `${'a'.repeat(500)}!`, 'no match']
  ]
  for (const [source, text, ends] of cases) {
    const compiled = compilePattern(source)
    if (compiled.kind === 'refused') throw new Error(compiled.reason)
    const startMs = performance.now()
    if (ends === 'no match') t.notOk(compiled.pattern.test(text), source)
    else t.throws(() => compiled.pattern.test(text), { name: 'PatternTimeout' }, source)
    t.ok(performance.now() - startMs < 2000, `${source} took ${(performance.now() - startMs).toFixed()} ms`)
  }
})

t.test('a pattern that is watched matches, captures and replaces as any other', async t => {
  const compiled = compilePattern('^/(?!static/)([a-z]+)/([a-z]+)$')
  if (compiled.kind === 'refused') throw new Error(compiled.reason)
  t.strictSame(compiled.pattern.exec('/some/thing')?.slice(1), ['some', 'thing'])
  t.notOk(compiled.pattern.test('/static/thing'))
  t.equal('/some/thing'.replace(compiled.pattern, '/$2/$1'), '/thing/some')
})

t.test('ignoring case takes ASCII letters in both cases, wherever they stand', async t => {
  const cases: ReadonlyArray<readonly [source: string, yes: readonly string[], no: readonly string[]]> = [
    ['(?i)^k$', ['k', 'K'], ['\u212a']],
    ['(?i)^[b-d]$', ['b', 'C'], ['a', 'E']],
    ['(?i)^[^b-d]$', ['a', 'E'], ['b', 'C']],
    ['(?i)^[X-c]$', ['x', 'Y', 'B', '_'], ['d', 'W', 'w']],
    ['(?i)^[a-]$', ['A', '-'], ['b']],
    ['(?i)^\\x41\\x{42}$', ['ab', 'AB'], ['xb']],
    ['(?i)^(?<who>bob)\\d\\.$', ['BOB1.'], ['BOBd.']],
    ['(?i)^(a)\\1$', ['aA', 'Aa'], ['ab']],
    ['(?i)^[\\w-z]$', ['Q', '-'], ['!']]
  ]
  for (const [source, yes, no] of cases) {
    const compiled = compilePattern(source)
    if (compiled.kind === 'refused') throw new Error(`${source}: ${compiled.reason}`)
    for (const text of yes) t.ok(compiled.pattern.test(text), `${source} takes ${JSON.stringify(text)}`)
    for (const text of no) t.notOk(compiled.pattern.test(text), `${source} does not take ${JSON.stringify(text)}`)
  }
})
