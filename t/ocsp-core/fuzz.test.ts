import t from 'tap'
import { complaintAbout } from '../../scripts/fuzz/target.ts'
import { createTarget, targetNames } from '../../scripts/fuzz/targets.ts'
import { createSeededRandom } from './seeded-random.ts'

const seed = 20_260_101
const inputs = { response: 1500, signed: 1500, certificate: 1500, crl: 1500, url: 5000, http: 400 } as const satisfies Record<typeof targetNames[number], number>

for (const name of targetNames) {
  t.test(`hostile input through the door of ${name} is taken as it should be`, async t => {
    const target = await createTarget(name)
    t.teardown(async () => await target.close())
    const random = createSeededRandom(seed)
    const left = Array.from({ length: inputs[name] }, () => target.invent(random)).values()
    await Promise.all(Array.from({ length: target.sideBySide }, async () => {
      for (const input of left) t.equal(await complaintAbout(target, input), undefined, 'no complaint', { input: input.toString('base64') })
    }))
  })
}
