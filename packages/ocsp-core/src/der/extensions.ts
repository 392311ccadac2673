import { DerCursor } from './cursor.ts'
import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'
import { readOid } from './oid.ts'
import { readBoolean } from './strings.ts'
import { tags } from './tags.ts'

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** What the extnValue OCTET STRING holds. */
  readonly value: Buffer
}

export type Extensions = ReadonlyMap<string, Extension>

/**
 * Extensions by OID. An empty list and the same OID twice are refused.
 *
 * @param encodedDefaults - whether `critical FALSE`, spelt out, is tolerated; some old certificates do that
 */
export function readExtensions (sequence: DerElement, encodedDefaults: 'refuse' | 'tolerate'): Extensions {
  const extensions = new Map<string, Extension>()
  const list = DerCursor.into(sequence)
  if (list.atEnd) throw new DerFault('empty list of extensions', sequence.offset)
  while (!list.atEnd) {
    const element = list.read(tags.sequence, 'extension')
    const extension = readExtension(element, encodedDefaults)
    if (extensions.has(extension.oid)) throw new DerFault('the same extension twice', element.offset)
    extensions.set(extension.oid, extension)
  }
  return extensions
}

function readExtension (element: DerElement, encodedDefaults: 'refuse' | 'tolerate'): Extension {
  const members = DerCursor.into(element)
  const oid = readOid(members.read(tags.oid, 'extension identifier'))
  const flag = members.readOptional(tags.boolean)
  const critical = flag !== undefined && readBoolean(flag)
  if (flag !== undefined && !critical && encodedDefaults === 'refuse') throw new DerFault('default value encoded', flag.offset)
  const value = contentOf(members.read(tags.octetString, 'extension value'))
  members.finish('extension')
  return { oid, critical, value }
}
