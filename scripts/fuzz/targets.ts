import { createCertificateTarget } from './certificate-target.ts'
import { createCrlTarget } from './crl-target.ts'
import { createHttpTarget } from './http-target.ts'
import { createResponseTarget } from './response-target.ts'
import { createSignedTarget } from './signed-target.ts'
import type { FuzzTarget } from './target.ts'
import { createUrlTarget } from './url-target.ts'

const creators = {
  response: createResponseTarget,
  signed: createSignedTarget,
  certificate: createCertificateTarget,
  crl: createCrlTarget,
  url: createUrlTarget,
  http: createHttpTarget
} as const

export type TargetName = keyof typeof creators

export const targetNames = Object.keys(creators) as TargetName[]

export const isTargetName = (name: string): name is TargetName => Object.hasOwn(creators, name)

export const createTarget = async (name: TargetName): Promise<FuzzTarget> => await creators[name]()
