import { Parser, type Result } from 'tap-parser'

/** A test file, or a test inside of another. */
export interface TestNode {
  readonly name: string
  readonly tests: TestNode[]
  /** its own assertions: what it said outside of the tests in it */
  readonly points: Result[]
  /** what is wrong with its output as such, such as fewer assertions than it planned */
  readonly faults: string[]
  /** how its parent recorded its end; undefined while it runs, and when it was cut off */
  end: Result | undefined
}

/**
 * Reads what tap prints and builds the tree of its tests.
 *
 * @param onFile - called with each test file when it has ended
 * @param onOther - called with each line that is not TAP: what tests print
 */
export function readTap ({ onFile, onOther }: { onFile: (file: TestNode) => void, onOther: (line: string) => void }): { parser: Parser, root: TestNode } {
  const parser = new Parser()
  const root = createNode('')
  fill(root, parser, onFile)
  parser.on('extra', (line: string) => { if (line.trim() !== '') onOther(line) })
  return { parser, root }
}

function fill (node: TestNode, parser: Parser, onTestEnd?: (test: TestNode) => void): void {
  parser.on('child', (child: Parser) => {
    const test = createNode(child.name)
    node.tests.push(test)
    fill(test, child)
  })
  parser.on('assert', (result: Result) => {
    const test = node.tests.at(-1)
    if (!result.closingTestPoint || test === undefined) {
      node.points.push(result)
      return
    }
    test.end = result
    onTestEnd?.(test)
  })
  parser.on('complete', ({ failures, bailout }) => {
    for (const { tapError } of failures) if (typeof tapError === 'string') node.faults.push(tapError)
    if (bailout !== false) node.faults.push(`Bail out! ${String(bailout)}`)
  })
}

function createNode (name: string): TestNode {
  return { name, tests: [], points: [], faults: [], end: undefined }
}
