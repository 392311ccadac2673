import { isIP } from 'node:net'
import { bitString, boolean, explicit, implicit, integer, nul, octetString, oid, sequence } from './der.ts'

export interface ExtensionSpec {
  readonly oid: string
  readonly critical?: boolean
  readonly value: Uint8Array
}

const keyUsages = ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign'] as const
export type KeyUsage = typeof keyUsages[number]

const extendedKeyUsages = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9'
} as const
export type ExtendedKeyUsage = keyof typeof extendedKeyUsages

/** What may be said of a certificate beyond name, key and validity. */
export interface Oddities {
  readonly sans?: readonly string[] | undefined
  readonly isCa?: boolean | undefined
  readonly keyUsage?: readonly KeyUsage[] | undefined
  readonly extendedKeyUsages?: readonly ExtendedKeyUsage[] | undefined
  readonly ocspUris?: readonly string[] | undefined
  readonly crlUris?: readonly string[] | undefined
  /** TLS Feature with status_request. [RFC 7633] */
  readonly mustStaple?: boolean | undefined
  readonly noRevAvail?: boolean | undefined
  readonly ocspNoCheck?: boolean | undefined
  /** A critical extension that nobody knows. */
  readonly unknownCritical?: boolean | undefined
  readonly extensions?: readonly ExtensionSpec[] | undefined
}

export function extensionsOf (wanted: Oddities): Buffer[] {
  const { sans = [], isCa, keyUsage, extendedKeyUsages: usages = [], ocspUris = [], crlUris = [], extensions = [] } = wanted
  const when = (condition: boolean | undefined, extension: () => ExtensionSpec): ExtensionSpec[] => condition === true ? [extension()] : []
  return [
    ...when(isCa !== undefined, () => ({ oid: '2.5.29.19', critical: true, value: isCa === true ? sequence(boolean(true)) : sequence() })),
    ...when(keyUsage !== undefined, () => ({ oid: '2.5.29.15', critical: true, value: keyUsageBits(keyUsage ?? []) })),
    ...when(usages.length > 0, () => ({ oid: '2.5.29.37', value: sequence(...usages.map(usage => oid(extendedKeyUsages[usage]))) })),
    ...when(sans.length > 0, () => ({ oid: '2.5.29.17', value: sequence(...sans.map(generalName)) })),
    ...when(ocspUris.length > 0, () => ({ oid: '1.3.6.1.5.5.7.1.1', value: sequence(...ocspUris.map(uri => sequence(oid('1.3.6.1.5.5.7.48.1'), implicit(6, Buffer.from(uri))))) })),
    ...when(crlUris.length > 0, () => ({ oid: '2.5.29.31', value: sequence(...crlUris.map(uri => sequence(explicit(0, explicit(0, implicit(6, Buffer.from(uri))))))) })),
    ...when(wanted.mustStaple, () => ({ oid: '1.3.6.1.5.5.7.1.24', value: sequence(integer(5)) })),
    ...when(wanted.noRevAvail, () => ({ oid: '2.5.29.56', value: nul() })),
    ...when(wanted.ocspNoCheck, () => ({ oid: '1.3.6.1.5.5.7.48.1.5', value: nul() })),
    ...when(wanted.unknownCritical, () => ({ oid: '1.3.6.1.4.1.99999.1', critical: true, value: nul() })),
    ...extensions
  ].map(extensionDer)
}

export const extensionDer = ({ oid: dotted, critical = false, value }: ExtensionSpec): Buffer =>
  sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value))

function keyUsageBits (usages: readonly KeyUsage[]): Buffer {
  const bits = usages.reduce((octet, usage) => octet | (0x80 >> keyUsages.indexOf(usage)), 0)
  const unused = bits === 0 ? 0 : 31 - Math.clz32(bits & -bits)
  return bitString(bits === 0 ? Buffer.alloc(0) : Buffer.from([bits]), unused)
}

function generalName (name: string): Buffer {
  switch (isIP(name)) {
    case 4: return implicit(7, Buffer.from(name.split('.').map(Number)))
    case 6: return implicit(7, ipv6Octets(name))
    default: return implicit(2, Buffer.from(name))
  }
}

function ipv6Octets (address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): number[] => text === '' ? [] : text.split(':').map(group => parseInt(group, 16))
  const gap = address.includes('::') ? 8 - groups(head).length - groups(tail).length : 0
  return Buffer.from([...groups(head), ...new Array<number>(gap).fill(0), ...groups(tail)].flatMap(group => [group >> 8, group & 0xff]))
}
