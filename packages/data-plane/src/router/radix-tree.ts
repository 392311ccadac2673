/** `forward` reads texts from their first character (paths), `backward` from their last (host names). */
export type ReadingDirection = 'forward' | 'backward'

/** What stands at a text: `whole` for that text alone, `open` for every text that begins with it, in reading direction. */
export interface RadixEdit<Value> {
  readonly text: string
  readonly scope: 'whole' | 'open'
  /** Undefined takes the value away. */
  readonly change: (before: Value | undefined) => Value | undefined
}

/**
 * Texts to values, for the look-up of a whole text and of all its beginnings in one walk: its cost depends on the
 * length of the text and not on how many others there are. Immutable: an edited tree shares with the one before
 * whatever it has in common with it, so an edit copies the few nodes on the way to its text.
 */
export class RadixTree<Value> {
  readonly #direction: ReadingDirection
  readonly #root: Node<Value>

  constructor (direction: ReadingDirection, root: Node<Value> = { label: '', whole: undefined, open: undefined, children: undefined, owner: undefined }) {
    this.#direction = direction
    this.#root = root
  }

  get isEmpty (): boolean {
    const { whole, open, children } = this.#root
    return whole === undefined && open === undefined && children === undefined
  }

  edited (edits: Iterable<RadixEdit<Value>>): RadixTree<Value> {
    const owner: Owner = {}
    const root = owned(this.#root, owner)
    for (const { text, scope, change } of edits) {
      editNode(root, this.#direction === 'forward' ? text : reversed(text), scope, change, owner)
    }
    return new RadixTree(this.#direction, root)
  }

  /** What `visit` makes of the first value that it makes something of: the whole text's, then the longest beginning's, and so on. */
  find<Head, Found> (text: string, head: Head, visit: (value: Value, head: Head) => Found | undefined): Found | undefined {
    const isForward = this.#direction === 'forward'
    const { length } = text
    let node = this.#root
    let open: Value[] | undefined
    for (let at = 0; ;) {
      if (node.open !== undefined) {
        if (open === undefined) open = [node.open]
        else open.push(node.open)
      }
      if (at === length) {
        const found = node.whole === undefined ? undefined : visit(node.whole, head)
        if (found !== undefined) return found
        break
      }
      const child = node.children?.get(text.charCodeAt(isForward ? at : length - 1 - at))
      if (child === undefined || !(isForward ? text.startsWith(child.label, at) : standsBackward(child.label, text, at))) break
      at += child.label.length
      node = child
    }
    if (open === undefined) return undefined
    for (let at = open.length - 1; at >= 0; at--) {
      const found = visit(open[at] as Value, head) // within the list
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** Whoever made a node in an edit may change it until that edit is over. */
type Owner = object

interface Node<Value> {
  /** What leads here from the node above, in reading direction. */
  label: string
  whole: Value | undefined
  open: Value | undefined
  /** By the first code unit of their labels. */
  children: Map<number, Node<Value>> | undefined
  readonly owner: Owner | undefined
}

function owned<Value> (node: Node<Value>, owner: Owner): Node<Value> {
  if (node.owner === owner) return node
  const { label, whole, open, children } = node
  return { label, whole, open, children: children === undefined ? undefined : new Map(children), owner }
}

function editNode<Value> (root: Node<Value>, text: string, scope: 'whole' | 'open', change: (before: Value | undefined) => Value | undefined, owner: Owner): void {
  const way = [root]
  let node = root
  for (let at = 0; at < text.length; at += node.label.length) {
    node = stepInto(node, text, at, owner)
    way.push(node)
  }
  node[scope] = change(node[scope])
  prune(way, owner)
}

/** The child that the text goes on with: made when there is none, split when the text leaves its label. */
function stepInto<Value> (node: Node<Value>, text: string, at: number, owner: Owner): Node<Value> {
  const code = text.charCodeAt(at)
  const child = node.children?.get(code)
  const next = child === undefined ? leaf<Value>(text.slice(at), owner) : upTo(child, commonLength(child.label, text, at), owner)
  node.children ??= new Map()
  node.children.set(code, next)
  return next
}

function upTo<Value> (child: Node<Value>, length: number, owner: Owner): Node<Value> {
  if (length === child.label.length) return owned(child, owner)
  const fork = leaf<Value>(child.label.slice(0, length), owner)
  const rest = owned(child, owner)
  rest.label = child.label.slice(length)
  fork.children = new Map([[rest.label.charCodeAt(0), rest]])
  return fork
}

function leaf<Value> (label: string, owner: Owner): Node<Value> {
  return { label, whole: undefined, open: undefined, children: undefined, owner }
}

/** Nodes that hold nothing any more go; one with a single child is joined with it. */
function prune<Value> (way: Array<Node<Value>>, owner: Owner): void {
  for (let depth = way.length - 1; depth > 0; depth--) {
    const node = way[depth] as Node<Value> // within the list, as is the one above
    const above = way[depth - 1] as Node<Value>
    if (node.whole !== undefined || node.open !== undefined || (node.children?.size ?? 0) > 1) return
    const code = node.label.charCodeAt(0)
    const [only] = node.children?.values() ?? []
    if (only !== undefined) {
      const joined = owned(only, owner)
      joined.label = node.label + only.label
      above.children?.set(code, joined)
      return
    }
    above.children?.delete(code)
    if (above.children?.size === 0) above.children = undefined
  }
}

function commonLength (label: string, text: string, at: number): number {
  const most = Math.min(label.length, text.length - at)
  let length = 0
  while (length < most && label.charCodeAt(length) === text.charCodeAt(at + length)) length++
  return length
}

function standsBackward (label: string, text: string, at: number): boolean {
  if (label.length > text.length - at) return false
  const last = text.length - 1 - at
  for (let index = 0; index < label.length; index++) if (label.charCodeAt(index) !== text.charCodeAt(last - index)) return false
  return true
}

function reversed (text: string): string {
  let backward = ''
  for (let at = text.length - 1; at >= 0; at--) backward += text.charAt(at)
  return backward
}
