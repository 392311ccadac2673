import t from 'tap'
import { spawnSync } from 'node:child_process'
import { staplePolicy, type Verdict, verifyResponse } from '@clinch/ocsp-core'
import { type Cast, createCast } from './differential/cast.ts'
import { cook } from './differential/cook.ts'
import { explanations, type IntendedDifference, intendedDifferences } from './differential/intended-differences.ts'
import { askOpenssl, castFiles } from './differential/openssl-verdict.ts'
import { describeRecipe, inventRecipe, oneChangeEach, type Recipe } from './differential/recipe.ts'
import { createSeededRandom } from './seeded-random.ts'
import { shortly } from './world.ts'

const missing = spawnSync('openssl', ['version']).error === undefined ? false : 'there is no openssl on this machine'
const seed = 20_260_101
const invented = 400
const sideBySide = 2

t.test('we come to the verdict of openssl, or the table of intended differences says why not', { skip: missing }, async t => {
  const casts: Record<Recipe['authority'], Cast> = { ec: createCast('ec'), rsa: createCast('rsa') }
  const folder = t.testdir({ ...castFiles('ec', casts.ec), ...castFiles('rsa', casts.rsa) })
  const random = createSeededRandom(seed)
  const recipes = [...oneChangeEach(random), ...Array.from({ length: invented }, () => inventRecipe(random))]
  const used = new Set<IntendedDifference>()
  const counts = { agreed: 0, explained: 0 }

  const compare = async (recipe: Recipe, number: number): Promise<void> => {
    const cast = casts[recipe.authority]
    const der = cook(recipe, cast)
    const openssl = await askOpenssl(folder, number, der, recipe)
    const ours = judge(der, recipe, cast)
    const reasons = ours.kind === openssl.kind ? [] : explanations(recipe, ours, openssl)
    for (const reason of reasons) used.add(reason)
    if (ours.kind === openssl.kind) counts.agreed++
    else counts.explained += Math.min(reasons.length, 1)
    t.ok(ours.kind === openssl.kind || reasons.length > 0, `${number}. ${describeRecipe(recipe)}: ${shortly(ours)}`, {
      ours, openssl, response: der.toString('base64'), leaf: cast.leaf.chainPem
    })
  }
  const left = recipes.entries()
  await Promise.all(Array.from({ length: sideBySide }, async () => {
    for (const [number, recipe] of left) await compare(recipe, number)
  }))
  t.comment(`${recipes.length} cases: ${counts.agreed} verdicts agree, ${counts.explained} differ as intended`)
  for (const line of intendedDifferences) t.ok(used.has(line), `needed: ${line.because} [${line.source}]`)
})

function judge (der: Buffer, { signer }: Recipe, { leaf, authority, signers }: Cast): Verdict {
  const listed = signer === 'configured' ? { trustedResponders: [signers.configured.certificate] } : {}
  return verifyResponse({ der, certificate: leaf.certificate, issuer: authority.certificate, nowMs: Date.now(), policy: { ...staplePolicy, ...listed } })
}
