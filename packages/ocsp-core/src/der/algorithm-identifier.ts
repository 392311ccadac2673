import { DerCursor } from './cursor.ts'
import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'
import { readOid } from './oid.ts'
import { tags } from './tags.ts'

/** An algorithm and its parameters; `parameters` is undefined when absent or NULL, which mean the same here. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly parameters: DerElement | undefined
  readonly parametersAre: 'absent' | 'null' | 'present'
}

export function readAlgorithmIdentifier (element: DerElement): AlgorithmIdentifier {
  const cursor = DerCursor.into(element)
  const oid = readOid(cursor.read(tags.oid, 'algorithm'))
  if (cursor.atEnd) return { oid, parameters: undefined, parametersAre: 'absent' }
  const parameters = cursor.readAny()
  cursor.finish('algorithm parameters')
  if (parameters.tag !== tags.null) return { oid, parameters, parametersAre: 'present' }
  if (contentOf(parameters).length !== 0) throw new DerFault('NULL with content', parameters.offset)
  return { oid, parameters: undefined, parametersAre: 'null' }
}
