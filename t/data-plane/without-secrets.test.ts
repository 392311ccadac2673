import t from 'tap'
import { withoutSecrets } from '../../packages/data-plane/src/snapshot/without-secrets.ts'

t.test('nothing is left of a secret, however a sentence quotes it', async t => {
  for (const [sentence, secrets, shown] of [
    ['no secret', undefined, 'no secret'],
    ['no secret', [], 'no secret'],
    ['no secret', [''], 'no secret'],
    ['with "jack" and jack', ['jack'], 'with "[secret]" and [secret]'],
    ['jackson and jack', ['jack', 'jackson'], '[secret] and [secret]'],
    ['failed to match pattern "a" with "say \\"x\\" \\\\ y"', ['say "x" \\ y'], 'failed to match pattern "a" with "[secret]"'],
    ['invalid plugin conf "a\\nb"', ['a\nb'], 'invalid plugin conf "[secret]"'],
    ['a\nb', ['a\nb'], '[secret]'],
    ['regular (.*) $& text', ['(.*)', '$&'], 'regular [secret] [secret] text']
  ] as const) t.equal(withoutSecrets(sentence, secrets), shown, sentence)
})
