import { DerCursor } from '../der/cursor.ts'
import { contentOf, type DerElement, derOf } from '../der/element.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'

/** GeneralNames, sorted by what is of use with CRLs. [RFC 5280 4.2.1.6] */
export interface GeneralNames {
  /** Each name as it stands, for comparing. */
  readonly ders: readonly Buffer[]
  readonly uris: readonly string[]
  /** The Names of directoryName. */
  readonly directoryNames: readonly Buffer[]
}

export const noNames: GeneralNames = { ders: [], uris: [], directoryNames: [] }

const uriTag = contextPrimitive(6)
const directoryNameTag = contextConstructed(4)

/** The names inside an element, whatever its own tag. */
export function readGeneralNames (element: DerElement): GeneralNames {
  const ders: Buffer[] = []
  const uris: string[] = []
  const directoryNames: Buffer[] = []
  const list = DerCursor.into(element)
  while (!list.atEnd) {
    const name = list.readAny()
    ders.push(derOf(name))
    if (name.tag === uriTag) uris.push(contentOf(name).toString('latin1'))
    if (name.tag !== directoryNameTag) continue
    const choice = DerCursor.into(name)
    directoryNames.push(derOf(choice.read(tags.sequence, 'directoryName')))
    choice.finish('directoryName')
  }
  return { ders, uris, directoryNames }
}
