import fc from 'fast-check'
import t from 'tap'
import { RadixTree, type RadixEdit, type ReadingDirection } from '../../packages/data-plane/src/router/radix-tree.ts'

type Stored = readonly [text: string, scope: 'whole' | 'open', value: string]

function put (...[text, scope, value]: Stored): RadixEdit<string> {
  return { text, scope, change: () => value }
}

function drop (...[text, scope]: Stored): RadixEdit<string> {
  return { text, scope, change: () => undefined }
}

/** Everything that a look-up comes by, in its order. */
function all (tree: RadixTree<string>, text: string): string[] {
  const found: string[] = []
  tree.find(text, found, (value, list) => {
    list.push(value)
    return undefined
  })
  return found
}

function expected (stored: readonly Stored[], text: string, direction: ReadingDirection): string[] {
  const whole = stored.filter(([own, scope]) => scope === 'whole' && own === text)
  const open = stored.filter(([own, scope]) => scope === 'open' && (direction === 'forward' ? text.startsWith(own) : text.endsWith(own)))
  return [...whole, ...open.toSorted(([a], [b]) => b.length - a.length)].map(([, , value]) => value)
}

t.test('a look-up comes by the whole text, then by its beginnings, the longest first', async t => {
  const tree = new RadixTree<string>('forward').edited([put('/a', 'whole', '1'), put('/a', 'open', '2'), put('/', 'open', '3'), put('', 'open', '4'), put('/ab', 'open', '5'), put('/b', 'whole', '6')])
  t.strictSame(all(tree, '/a'), ['1', '2', '3', '4'])
  t.strictSame(all(tree, '/abc'), ['5', '2', '3', '4'])
  t.strictSame(all(tree, ''), ['4'])
  t.equal(tree.find('/abc', 0, value => value === '2' ? 'here' : undefined), 'here', 'and stops where something is made of a value')
})

t.test('an edit leaves the tree before it as it was', async t => {
  const before = new RadixTree<string>('backward').edited([put('.example.com', 'open', 'wild'), put('example.com', 'whole', 'bare')])
  const after = before.edited([drop('.example.com', 'open', ''), put('www.example.com', 'whole', 'www')])
  t.strictSame(all(before, 'www.example.com'), ['wild'])
  t.strictSame(all(after, 'www.example.com'), ['www'])
  t.strictSame(all(after, 'example.com'), ['bare'])
  t.ok(after.edited([drop('www.example.com', 'whole', ''), drop('example.com', 'whole', ''), drop('not.there', 'open', '')]).isEmpty)
})

t.test('whatever is put in and taken out, a look-up finds what a search through all of it finds', async t => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u00fc'), maxLength: 6 })
  const entry = fc.tuple(text, fc.constantFrom('whole' as const, 'open' as const))
  for (const direction of ['forward', 'backward'] as const) {
    fc.assert(fc.property(fc.array(fc.record({ entry, isPut: fc.boolean(), isNewTree: fc.boolean() }), { maxLength: 40 }), fc.array(text), (steps, asked) => {
      const stored = new Map<string, Stored>()
      let tree = new RadixTree<string>(direction)
      let pending: Array<RadixEdit<string>> = []
      for (const [index, { entry: [own, scope], isPut, isNewTree }] of steps.entries()) {
        const one: Stored = [own, scope, String(index)]
        if (isPut) stored.set(`${scope} ${own}`, one)
        else stored.delete(`${scope} ${own}`)
        pending.push(isPut ? put(...one) : drop(...one))
        if (!isNewTree) continue
        tree = tree.edited(pending)
        pending = []
      }
      tree = tree.edited(pending)
      const list = [...stored.values()]
      return tree.isEmpty === (list.length === 0) &&
        [...asked, ...steps.map(({ entry: [own] }) => own)].every(one => JSON.stringify(all(tree, one)) === JSON.stringify(expected(list, one, direction)))
    }))
  }
  t.pass()
})

t.test('a text that leads through thousands of nodes is walked without harm', async t => {
  const texts = Array.from({ length: 5000 }, (_, length) => 'a'.repeat(length))
  const tree = new RadixTree<string>('forward').edited(texts.map(text => put(text, 'open', String(text.length))))
  t.equal(tree.find('a'.repeat(6000), 0, value => value), '4999')
  t.ok(tree.edited(texts.map(text => drop(text, 'open', ''))).isEmpty)
})
