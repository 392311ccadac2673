import { DerCursor } from '../der/cursor.ts'
import { contentOf, type DerElement } from '../der/element.ts'
import { readSmallInteger } from '../der/integer.ts'
import { readOid } from '../der/oid.ts'
import { readBoolean, readNamedBits } from '../der/strings.ts'
import { contextPrimitive, tags } from '../der/tags.ts'
import { oids } from '../oids.ts'

const uriTag = contextPrimitive(6)
const statusRequest = 5

/** id-ad-ocsp URIs in order of appearance. [RFC 5280 4.2.2.1] */
export function readOcspUris (value: Buffer): string[] {
  return membersOf(value, 'authorityInfoAccess').flatMap(description => {
    const members = DerCursor.into(description)
    const method = readOid(members.read(tags.oid, 'accessMethod'))
    const location = members.readAny()
    return method === oids.ocsp && location.tag === uriTag ? [contentOf(location).toString('latin1')] : []
  })
}

/** [RFC 5280 4.2.1.9] */
export function readIsCa (value: Buffer): boolean {
  const flag = DerCursor.into(DerCursor.whole(value, tags.sequence, 'basicConstraints')).readOptional(tags.boolean)
  return flag !== undefined && readBoolean(flag)
}

/** [RFC 5280 4.2.1.3] */
export function readKeyUsage (value: Buffer): ReadonlySet<number> {
  return readNamedBits(DerCursor.whole(value, tags.bitString, 'keyUsage'))
}

/** [RFC 5280 4.2.1.12] */
export function readExtendedKeyUsages (value: Buffer): string[] {
  return membersOf(value, 'extKeyUsage').map(readOid)
}

/** Whether the TLS Feature extension demands a staple. [RFC 7633 4.1] */
export function readMustStaple (value: Buffer): boolean {
  return membersOf(value, 'tlsFeature').map(readSmallInteger).includes(statusRequest)
}

function membersOf (value: Buffer, what: string): DerElement[] {
  return elementsIn(DerCursor.whole(value, tags.sequence, what))
}

function elementsIn (element: DerElement): DerElement[] {
  const cursor = DerCursor.into(element)
  const elements: DerElement[] = []
  while (!cursor.atEnd) elements.push(cursor.readAny())
  return elements
}
