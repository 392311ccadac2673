import { enumerated, lengthOctets, sequence, tlv } from '../../support/der.ts'
import { buildRefusal, type ResponseSpec } from '../../support/ocsp-response.ts'
import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import type { Recipe } from './recipe.ts'

/** Builds what `spec` says, damaged as the recipe wants it. */
export function damaged (spec: ResponseSpec, { damage, seed }: Recipe, build: (spec: ResponseSpec) => Buffer): Buffer {
  const random = createSeededRandom(seed)
  switch (damage) {
    case 'none': return build(spec)
    case 'flipInTbs': return build({ ...spec, afterSigning: tbs => flipOneBit(tbs, random) })
    case 'flipInSignature': return build({ ...spec, signature: signature => flipOneBit(signature, random) })
    case 'flipAnywhere': return flipOneBit(build(spec), random)
    case 'edits': return editOctets(build(spec), random)
    case 'cutOff': return cutOff(build(spec), random)
    case 'trailing': return Buffer.concat([build(spec), random.octets(1)])
    case 'indefiniteLength': return Buffer.concat([tlv(0x30, Buffer.from([0x80]), contentOf(build(spec))), Buffer.from([0, 0])])
    case 'longLength': return longLength(build(spec))
    case 'unusedBits': return build({ ...spec, signatureUnusedBits: 1 })
    case 'signatureTrailing': return build({ ...spec, signature: signature => Buffer.concat([signature, Buffer.from([0])]) })
    case 'refusal': return buildRefusal(random.pick([1, 2, 3, 5, 6]))
    case 'statusFour': return build({ ...spec, responseStatus: 4 })
    case 'otherType': return build({ ...spec, responseType: '1.3.6.1.5.5.7.48.1.2' })
    case 'empty': return random.pick([Buffer.alloc(0), sequence(), sequence(enumerated(0))])
  }
}

export function flipOneBit (octets: Buffer, random: SeededRandom): Buffer {
  const flipped = Buffer.from(octets)
  const at = random.below(octets.length)
  flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8))
  return flipped
}

function editOctets (octets: Buffer, random: SeededRandom): Buffer {
  const edited = Buffer.from(octets)
  for (let i = random.below(4); i >= 0; i--) edited[random.below(edited.length)] = random.below(256)
  return edited
}

const cutOff = (octets: Buffer, random: SeededRandom): Buffer => octets.subarray(0, random.below(octets.length))

const contentOf = (octets: Buffer): Buffer => octets.subarray((octets[1] ?? 0) < 0x80 ? 2 : 2 + ((octets[1] ?? 0) & 0x7f))

function longLength (octets: Buffer): Buffer {
  const content = contentOf(octets)
  const usual = lengthOctets(content.length)
  const number = usual.length === 1 ? usual : usual.subarray(1)
  return tlv(0x30, Buffer.concat([Buffer.from([0x80 | (number.length + 1), 0]), number]), content)
}
