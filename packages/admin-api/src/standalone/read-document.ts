import { isNode, LineCounter, parseDocument } from 'yaml'
import { escapeControlCharacters } from '../body/control-characters.ts'
import { describeJsonFault, findJsonFault } from '../body/json-fault.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

export type DocumentReading =
  | { readonly kind: 'document', readonly document: JsonObject, readonly lineOf: (collection: string, index: number) => number | undefined }
  | { readonly kind: 'fault', readonly reason: string }

export type DocumentFormat = 'json' | 'yaml'

/** An alias that is used often is fine, aliases of aliases of aliases are an attack on memory. */
const maxAliases = 10_000

/**
 * Reads a whole configuration. A fault is one sentence that ends with line and column.
 *
 * @param text - JSON, or YAML 1.2 with anchors and `<<`
 */
export function readDocument (text: string, format: DocumentFormat): DocumentReading {
  return format === 'json' ? readJson(text) : readYaml(text)
}

function readJson (text: string): DocumentReading {
  const fault = findJsonFault(text)
  if (fault !== undefined) return { kind: 'fault', reason: describeJsonFault(text, fault) }
  return asDocument(JSON.parse(escapeControlCharacters(text)), () => undefined)
}

function readYaml (text: string): DocumentReading {
  const lines = new LineCounter()
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [mistake] = parsed.errors
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0])
    return { kind: 'fault', reason: `${mistake.message} at line ${line} column ${col}` }
  }
  try {
    // by way of JSON, which is what the store holds, and which no anchor that holds itself gets through
    const value: unknown = JSON.parse(JSON.stringify(parsed.toJS({ maxAliasCount: maxAliases })))
    return asDocument(value, (collection, index) => {
      const node = parsed.getIn([collection, index], true)
      return isNode(node) && node.range != null ? lines.linePos(node.range[0]).line : undefined
    })
  } catch (error) {
    return { kind: 'fault', reason: (error as Error).message.split('\n')[0] ?? '' }
  }
}

function asDocument (value: unknown, lineOf: (collection: string, index: number) => number | undefined): DocumentReading {
  if (isJsonObject(value)) return { kind: 'document', document: value, lineOf }
  if (Array.isArray(value) && value.length === 0) return { kind: 'document', document: {}, lineOf } // `[]` is an empty object to APISIX
  return { kind: 'fault', reason: 'it must be an object of lists at line 1 column 1' }
}
