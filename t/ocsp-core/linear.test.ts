import t from 'tap'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { enumerated, explicit, generalizedTime, implicit, integer, octetString, oid, sequence } from '../support/der.ts'
import { createWorld, nowMs } from './world.ts'

const { entry, response, leaf } = createWorld()
const repeated = (count: number, element: Buffer): Buffer => Buffer.concat(new Array<Buffer>(count).fill(element))
const nested = (depth: number): Buffer => depth === 0 ? Buffer.alloc(0) : sequence(nested(depth - 1))
const extensionList = (count: number): Buffer => explicit(1, sequence(...Array.from({ length: count }, (_, i) => sequence(oid(`1.3.6.1.4.1.99999.${i}`), octetString()))))
const basic = (...tbs: Buffer[]): Buffer => sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(sequence(sequence(...tbs))))))
const start = [explicit(1, sequence()), generalizedTime(nowMs)]
const single = sequence(sequence(sequence(oid('1.3.14.3.2.26')), octetString(), octetString(), integer(1)), implicit(0), generalizedTime(nowMs))

/** Responses that grow, each in a way of its own. */
const growing: Record<string, (size: number) => Buffer> = {
  'flat elements': size => sequence(repeated(size * 100, octetString())),
  'elements 15 deep': size => sequence(repeated(size * 20, nested(14))),
  'one long octet string': size => sequence(octetString(Buffer.alloc(size * 400))),
  'many entries': size => basic(...start, sequence(repeated(size * 20, single))),
  'many extensions': size => basic(...start, sequence(single), extensionList(size * 20)),
  'entries about our own certificate': size => response({ entries: new Array<ReturnType<typeof entry>>(Math.min(size, 64)).fill(entry()) }),
  'big embedded certificates': size => response({ certs: new Array<Buffer>(7).fill(sequence(leaf.certDer, repeated(size * 20, octetString()))) }),
  'a long serial': size => response({ entries: [entry({ serial: Buffer.alloc(size * 100, 0x55) }), entry()] })
}

t.test('66. the work of reading grows with the octets and no faster', async t => {
  const worker = new Worker(new URL('linear/count-steps.ts', import.meta.url))
  t.teardown(async () => await worker.terminate())
  await once(worker, 'message')
  const countSteps = async (der: Buffer): Promise<number> => {
    worker.postMessage(der)
    const [steps] = await once(worker, 'message') as [number]
    return steps
  }
  await countSteps(response()) // what is done once only is done now
  for (const [what, grow] of Object.entries(growing)) {
    const small = await countSteps(grow(32))
    const large = await countSteps(grow(64))
    t.ok(small > 0, `${what}: ${small} steps, twice as much: ${large}`)
    t.ok(large <= 2.1 * small, what)
  }
  const limit = await countSteps(sequence(repeated(10_000, nested(2))))
  const deepest = await countSteps(nested(2000))
  t.ok(deepest < limit, 'what is nested too deeply is not even walked to its end')
})
