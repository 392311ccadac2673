import type { SeededRandom } from '../seeded-random.ts'
import type { SignerName } from './cast.ts'

const signers: readonly SignerName[] = [
  'issuer', 'delegate', 'p384', 'ed25519', 'noNocheck', 'configured', 'noEku', 'anyEku', 'expired', 'justExpired', 'notYetValid', 'isCa', 'encipherment',
  'unknownCritical', 'p224', 'rsa1024', 'sha1Delegate', 'leaf', 'server', 'namesake', 'namesakeDelegate', 'foreignDelegate', 'rootDelegate', 'selfMade'
]

/** What a case is made of: one choice for each of these. The first one is the usual one. */
export const choices = {
  authority: ['ec', 'rsa'],
  signer: signers,
  responderId: ['byName', 'byKey', 'nobody', 'issuer'],
  certs: ['signer', 'none', 'junkFirst', 'signerTwice', 'nine'],
  hash: ['sha256', 'sha1', 'sha384', 'sha512', 'md5'],
  asked: ['same', 'sha1', 'sha256'],
  hashParameters: ['usual', 'null', 'absent'],
  certId: ['ours', 'otherSerial', 'namesakeKey', 'otherName', 'paddedSerial'],
  status: ['good', 'revoked', 'revokedWithReason', 'revokedOddReason', 'hold', 'unknown', 'goodWithContent', 'tagThree'],
  neighbours: ['none', 'siblingBefore', 'siblingAfter', 'foreignBefore', 'ourRevokedToo', 'ourOtherHashToo'],
  times: ['current', 'aboutToStart', 'future', 'justEnded', 'ended', 'endless', 'backwards', 'producedLater', 'producedAfterEnd', 'fractions', 'offset', 'impossible', 'year9999'],
  extensions: ['none', 'nonce', 'unknown', 'unknownCritical', 'unknownCriticalInEntry', 'twice', 'extendedRevoke'],
  signing: ['sha256', 'sha384', 'sha512', 'sha1', 'pss', 'wrongAlgorithm'],
  version: ['default', 'spelledOut', 'two'],
  damage: ['none', 'flipInTbs', 'flipInSignature', 'flipAnywhere', 'edits', 'cutOff', 'trailing', 'indefiniteLength', 'longLength', 'unusedBits', 'signatureTrailing', 'refusal', 'statusFour', 'otherType', 'empty']
} as const satisfies Record<string, readonly string[]>

export type Recipe = { readonly [K in keyof typeof choices]: typeof choices[K][number] } & {
  /** For the choices that damage makes on its own. */
  readonly seed: number
}

/** The usual response, but for up to three things. */
export function inventRecipe (random: SeededRandom): Recipe {
  const recipe = { ...usual, seed: random.below(2 ** 31) }
  const names = Object.keys(choices) as (keyof typeof choices)[]
  const changed = Array.from({ length: random.pick([0, 1, 1, 1, 1, 2, 2, 3]) }, () => random.pick(names))
  return { ...recipe, ...Object.fromEntries(changed.map(name => [name, random.pick(choices[name])])) }
}

/** The usual response, and every choice once on its own. */
export function oneChangeEach (random: SeededRandom): Recipe[] {
  const changes = Object.entries(choices).flatMap(([name, values]) => values.map(value => ({ [name]: value })))
  return [{}, ...changes].map(change => ({ ...usual, ...change, seed: random.below(2 ** 31) }))
}

const usual = Object.fromEntries([...Object.entries(choices).map(([name, [first]]) => [name, first]), ['signer', 'delegate']]) as Omit<Recipe, 'seed'>

/** What is unusual about a recipe, for people. */
export function describeRecipe (recipe: Recipe): string {
  const unusual = Object.entries(recipe).filter(([name, value]) => name !== 'seed' && value !== usual[name as keyof typeof usual])
  return unusual.map(([name, value]) => `${name} ${value}`).join(', ') || 'nothing unusual'
}
