import type { TestNode } from './test-tree.ts'

/**
 * Counts test cases: a case is a test without tests in it. What goes wrong around the cases of a test or a file (an
 * assertion between them, a planned case that never came, a wrong exit code) is one failed case more. Skipped and to-do
 * tests count as skipped, and so does a test that asserts nothing.
 */
export function countCases (node: TestNode): { passed: number, failed: number, skipped: number } {
  return { passed: countPassed(node), failed: failedCases(node).length, skipped: countSkipped(node) }
}

/** The names of the failed cases, each with the tests around it. */
export function failedCases (node: TestNode, around: readonly string[] = []): string[] {
  const path = node.name === '' ? around : [...around, node.name]
  const inner = node.tests.flatMap(test => failedCases(test, path))
  const failedItself = node.faults.length > 0 || node.points.some(isFailed) || (inner.length === 0 && !isOk(node))
  return failedItself && path.length > 0 ? [...inner, path.join(' > ')] : inner
}

export function isOk (node: TestNode): boolean {
  return node.end?.ok === true && node.faults.length === 0
}

interface Point { readonly ok: boolean, readonly skip: unknown, readonly todo: unknown }

export function isSkipped ({ skip, todo }: Point): boolean {
  return skip !== false || todo !== false
}

export function isFailed (point: Point): boolean {
  return !point.ok && !isSkipped(point)
}

function countPassed (node: TestNode): number {
  if (node.tests.length > 0) return sum(node.tests.map(countPassed))
  return isOk(node) && !isIdle(node) ? 1 : 0
}

function countSkipped (node: TestNode): number {
  const skippedPoints = node.points.filter(isSkipped).length
  const idle = isOk(node) && isIdle(node)
  return sum(node.tests.map(countSkipped)) + (idle ? Math.max(skippedPoints, 1) : skippedPoints)
}

/** Whether a test asserted nothing, or skipped all that it would have. */
export function isIdle (node: TestNode): boolean {
  return node.tests.length === 0 && node.points.every(isSkipped)
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
