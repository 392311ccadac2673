import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import t from 'tap'
import { askResponder } from '../support/ask-responder.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { shakeHands, stapledStatus } from '../support/staple-client.ts'

t.test('88. disk file corrupt, truncated, replaced by another certificate\'s response, forged: rejected, fetched again', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(async () => await responder.close())
  const liar = await createOcspResponder({ authority, delegate: createAuthority({ name: authority.name }).issueDelegate() }) // a namesake's delegate
  t.teardown(async () => await liar.close())
  const other = authority.issue({ sans: ['other.test'], ocspUris: [responder.url] })
  type Tamper = (kept: Buffer, leaf: Issued) => Buffer | Promise<Buffer>
  const cases: ReadonlyArray<readonly [what: string, tamper: Tamper]> = [
    ['corrupt: a bit flipped at its end', kept => flipBit(kept, kept.length - 1)],
    ['corrupt: a bit flipped in its middle', kept => flipBit(kept, kept.length >> 1)],
    ['truncated', kept => kept.subarray(0, kept.length - 40)],
    ['empty', () => Buffer.alloc(0)],
    ['with an octet behind its end', kept => Buffer.concat([kept, Buffer.from([0])])],
    ['another certificate\'s response', async () => await askResponder(responder.url, other, authority)],
    ['forged: good, and signed by a stranger', async (_, leaf) => await askResponder(liar.url, leaf, authority)]
  ]
  const gateway = await TestGateway.start(t, { workers: 1 })
  const folder = join(gateway.folder, 'data', 'ocsp', 'staples')
  const statusAt = async (name: string) => stapledStatus(await shakeHands(gateway.httpsPort, name), authority)
  const asked = ({ serialHex }: Issued) => responder.requests.filter(({ read }) => read?.serialHex === serialHex).length
  const put = async (name: string): Promise<{ leaf: Issued, file: string }> => {
    const leaf = authority.issue({ sans: [name], ocspUris: [responder.url] })
    const before = await readdir(folder).catch((): string[] => [])
    await gateway.admin('PUT', `ssls/${name}`, { cert: leaf.chainPem, key: leaf.keyPem, sni: name, ocsp_stapling: { enabled: true } })
    t.equal(await statusAt(name), 'good')
    const [file = ''] = (await readdir(folder)).filter(file => !before.includes(file))
    return { leaf, file: join(folder, file) }
  }
  const untouched = await put('untouched.test')
  const sites = []
  for (const [at, [what, tamper]] of cases.entries()) sites.push({ what, tamper, name: `site-${at}.test`, ...await put(`site-${at}.test`) })

  await gateway.stop()
  const forged = new Map<string, Buffer>()
  for (const { tamper, leaf, file } of sites) forged.set(file, await tamper(await readFile(file), leaf))
  for (const [file, octets] of forged) await writeFile(file, octets)
  const askedBefore = new Map(sites.map(({ leaf }) => [leaf, asked(leaf)]))
  await gateway.run()
  for (const { what, name, leaf, file } of sites) {
    await t.test(what, async t => {
      t.equal(await statusAt(name), 'good', 'the first handshake already has what was fetched again')
      t.equal(asked(leaf), (askedBefore.get(leaf) ?? 0) + 1)
      t.match(gateway.output.split('\n').filter(line => line.includes('staple on disk rejected')).join('\n'), `"sslId":"${name}"`)
      await until(async () => !(await readFile(file).catch(() => Buffer.alloc(0))).equals(forged.get(file) ?? Buffer.alloc(0)))
    })
  }
  await t.test('one that was left alone is used as it is, and nobody is asked', async t => {
    t.equal(await statusAt('untouched.test'), 'good')
    t.equal(asked(untouched.leaf), 1)
  })

  await t.test('rejected with the responder down: served bare, and the file is gone', async t => {
    await gateway.stop()
    await writeFile(untouched.file, flipBit(await readFile(untouched.file), 40))
    await responder.stop()
    await gateway.run()
    t.equal(await statusAt('untouched.test'), 'none')
    t.notOk((await readdir(folder)).includes(basename(untouched.file)))
  })
})

t.test('87. restart with a warm disk, responder down: first handshake stapled, of every certificate', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(async () => await responder.close())
  const names = Array.from({ length: 40 }, (_, at) => `site-${at}.test`)
  const gateway = await TestGateway.start(t)
  for (const name of names) {
    const leaf = authority.issue({ sans: [name], ocspUris: [responder.url] })
    await gateway.admin('PUT', `ssls/${name}`, { cert: leaf.chainPem, key: leaf.keyPem, sni: name, ocsp_stapling: { enabled: true } })
  }
  await until(async () => (await readdir(join(gateway.folder, 'data', 'ocsp', 'staples'))).length === names.length)
  t.equal(await gateway.stop(), 0)
  await responder.stop()
  await gateway.run()
  const first = await Promise.all(names.map(async name => await shakeHands(gateway.httpsPort, name)))
  t.same(new Set(first.map(handshake => stapledStatus(handshake, authority))), new Set(['good']))
  t.equal(responder.count, names.length, 'nobody could be asked')
})

function flipBit (octets: Buffer, at: number): Buffer {
  const flipped = Buffer.from(octets)
  flipped[at] = (flipped[at] ?? 0) ^ 1
  return flipped
}
