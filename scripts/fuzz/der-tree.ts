/** DER as a tree that can be changed and written again with lengths that are right. */
export interface DerNode {
  tag: number
  /** Of a constructed value, or of an OCTET STRING that holds one; else undefined. */
  children: DerNode[] | undefined
  content: Buffer
}

/** As far as the octets are DER; undefined where they are not. */
export function readTree (octets: Buffer): DerNode[] | undefined {
  const nodes: DerNode[] = []
  for (let offset = 0; offset < octets.length;) {
    const [tag = 0, first = 0x80] = octets.subarray(offset, offset + 2)
    const size = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || size > 3 || offset + 2 + size > octets.length) return undefined
    const start = offset + 2 + size
    const length = size === 0 ? first : octets.readUIntBE(offset + 2, size)
    const content = octets.subarray(start, start + length)
    if (content.length !== length) return undefined
    nodes.push({ tag, content, children: childrenOf(tag, content) })
    offset = start + length
  }
  return nodes
}

function childrenOf (tag: number, content: Buffer): DerNode[] | undefined {
  const mayHold = (tag & 0x20) !== 0 || (tag === 0x04 && content.length > 2 && content[0] === 0x30)
  return mayHold ? readTree(content) : undefined
}

export function writeTree (nodes: readonly DerNode[]): Buffer {
  return Buffer.concat(nodes.flatMap(({ tag, children, content }) => {
    const value = children === undefined ? content : writeTree(children)
    return [Buffer.from([tag, ...lengthOctets(value.length)]), value]
  }))
}

/** Every node with the list that it stands in. */
export function allPlaces (nodes: DerNode[]): { readonly list: DerNode[], readonly index: number, readonly node: DerNode }[] {
  return nodes.flatMap((node, index) => [{ list: nodes, index, node }, ...allPlaces(node.children ?? [])])
}

function lengthOctets (length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : length < 0x10000 ? [0x82, length >> 8, length & 0xff] : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
}
