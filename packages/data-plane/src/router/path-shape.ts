type Part = { readonly kind: 'text', readonly text: string } | { readonly kind: 'parameter' } | { readonly kind: 'star' }

/**
 * What of a path pattern comes after its literal beginning: whole segments that are text, parameters (`:name`, one
 * segment that is not empty) or stars (`*name`, any segments, at least one, which may be empty). `names` are those of
 * parameters and stars in their order; an unnamed star is `:ext`.
 *
 * A match costs at most as many steps as path and pattern have segments, multiplied: no path makes it run away.
 */
export class PathShape {
  readonly names: readonly string[]
  /** Where its text stands: before the first star counted from the left, after the last one from the right. Shapes that have it in common differ in their text only. */
  readonly layout: string
  /** The text that stands there. */
  readonly key: string
  readonly #parts: readonly Part[]
  /** Text and parameters between stars: the first run begins with the shape, the last ends with it. */
  readonly #runs: ReadonlyArray<readonly Part[]>
  readonly #fromLeft: readonly number[]
  readonly #fromRight: readonly number[]

  constructor (rest: string, withParameters: boolean) {
    const names: string[] = []
    this.#parts = rest.split('/').map((segment): Part => {
      if (segment.startsWith('*')) {
        names.push(segment.slice(1) || ':ext')
        return { kind: 'star' }
      }
      if (!withParameters || !segment.startsWith(':') || segment.length === 1) return { kind: 'text', text: segment }
      names.push(segment.slice(1))
      return { kind: 'parameter' }
    })
    this.names = withParameters ? names : []
    this.#runs = runsOf(this.#parts)
    const [head = [], ...others] = this.#runs
    const tail = others.at(-1) ?? []
    this.#fromLeft = textPositions(head)
    this.#fromRight = textPositions(tail.toReversed()).map(position => position + 1)
    this.layout = `${this.#parts.length}${others.length > 0 ? '+' : ''} ${this.#fromLeft.join()} ${this.#fromRight.join()}`
    this.key = this.#textAt(this.#parts.map(part => part.kind === 'text' ? part.text : ''))
  }

  /** The text where shapes of this layout have theirs; undefined for a path with which none of them has to do. */
  keyOf (segments: readonly string[]): string | undefined {
    const most = this.#runs.length > 1 ? Infinity : this.#parts.length
    return segments.length < this.#parts.length || segments.length > most ? undefined : this.#textAt(segments)
  }

  /**
   * @param segments - of the path behind the literal beginning
   * @returns what parameters and stars stand for, in order; where stars can share in more than one way, the first takes
   *   as much as it can, then the second
   */
  match (segments: readonly string[]): readonly string[] | undefined {
    const starts = this.#placeRuns(segments)
    return starts === undefined ? undefined : this.#capture(segments, starts)
  }

  #textAt (segments: readonly string[]): string {
    const left = this.#fromLeft.map(position => segments[position])
    return this.#fromRight.length === 0 ? left.join('/') : [...left, ...this.#fromRight.map(position => segments.at(-position))].join('/')
  }

  // As far to the right as each can stand, which leaves the stars before it the most.
  #placeRuns (segments: readonly string[]): number[] | undefined {
    const runs = this.#runs
    const [first = []] = runs
    if (!standsAt(first, segments, 0)) return undefined
    if (runs.length === 1) return segments.length === first.length ? [0] : undefined
    const starts = [0]
    let end = segments.length
    for (let index = runs.length - 1; index > 0; index--) {
      const run = runs[index] ?? []
      const least = first.length + index // each star before it has a segment at least
      let start = end - run.length
      if (index < runs.length - 1) while (start >= least && !standsAt(run, segments, start)) start--
      if (start < least || !standsAt(run, segments, start)) return undefined
      starts[index] = start
      end = start - 1
    }
    return starts
  }

  #capture (segments: readonly string[], starts: readonly number[]): string[] {
    const captures: string[] = []
    let run = 0
    let at = 0
    for (const part of this.#parts) {
      if (part.kind === 'star') {
        const end = starts[++run] ?? segments.length
        captures.push(segments.slice(at, end).join('/'))
        at = end
      } else {
        if (part.kind === 'parameter') captures.push(segments[at] ?? '')
        at++
      }
    }
    return captures
  }
}

function runsOf (parts: readonly Part[]): Part[][] {
  const runs: Part[][] = [[]]
  for (const part of parts) {
    if (part.kind === 'star') runs.push([])
    else runs.at(-1)?.push(part)
  }
  return runs
}

function textPositions (run: readonly Part[]): number[] {
  return run.flatMap((part, position) => part.kind === 'text' ? [position] : [])
}

function standsAt (run: readonly Part[], segments: readonly string[], start: number): boolean {
  return run.every((part, index) => {
    const segment = segments[start + index]
    return segment !== undefined && (part.kind === 'parameter' ? segment !== '' : part.kind === 'text' && part.text === segment)
  })
}
