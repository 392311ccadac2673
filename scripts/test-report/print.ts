import { inspect, stripVTControlCharacters, styleText } from 'node:util'
import { isFailed, isIdle, isOk, isSkipped } from './cases.ts'
import type { TestNode } from './test-tree.ts'

type Style = Parameters<typeof styleText>[0]

/** A test file as it is shown when it has ended: a line per test, and under a failed one what was wrong. */
export function describeFile (file: TestNode): string {
  const seconds = `${((file.end?.time ?? 0) / 1000).toFixed(1)} s`
  return [`${paint(isOk(file) ? 'bold' : ['bold', 'red'], file.name)}  ${paint('gray', seconds)}`, ...describeInside(file, '  '), ''].join('\n')
}

function describeInside (node: TestNode, indent: string): string[] {
  return [
    ...node.tests.flatMap(test => [indent + mark(test), ...describeInside(test, `${indent}  `)]),
    ...node.points.filter(isSkipped).map(point => `${indent}${paint('yellow', '-')} ${point.name} ${paint('gray', whySkipped(point))}`),
    ...node.points.filter(isFailed).flatMap(point => describeFailure(point.name, point.diag, indent)),
    ...node.faults.map(fault => indent + paint('red', fault)),
    ...describeEnd(node, indent)
  ]
}

function mark (test: TestNode): string {
  if (isOk(test) && isIdle(test)) return `${paint('yellow', '-')} ${test.name} ${paint('gray', 'asserts nothing')}`
  return isOk(test) ? `${paint('green', '✓')} ${test.name}` : `${paint('red', '✗')} ${paint('red', test.name)}`
}

function whySkipped ({ skip, todo }: { skip: unknown, todo: unknown }): string {
  const [word, why] = todo === false ? ['skipped', skip] : ['to do', todo]
  return typeof why === 'string' && why !== '' ? `${word}: ${why}` : word
}

// how a test or a file ended, where its assertions do not tell: cut off, a signal, an exit code, a timeout
function describeEnd ({ name, end, tests, points, faults }: TestNode, indent: string): string[] {
  if (end === undefined) return [indent + paint('red', `${name} was cut off`)]
  const { exitCode, signal, ...rest } = asObject(end.diag)
  if (typeof signal === 'string') return [indent + paint('red', `it ended with ${signal}`)]
  if (end.ok || faults.length > 0 || points.some(isFailed) || !tests.every(isOk)) return []
  return exitCode === undefined ? describeFailure('it failed as a whole', rest, indent) : [indent + paint('red', `it ended with exit code ${String(exitCode)}`)]
}

function describeFailure (title: string, diag: unknown, indent: string): string[] {
  const { diff, stack, at, source, ...rest } = asObject(diag)
  for (const noise of ['compare', 'tapCaught', 'stdio', 'cwd', 'externalID', 'command', 'args', 'jobId']) delete rest[noise]
  const details = [
    typeof diff === 'string' ? diff : Object.keys(rest).length > 0 ? inspect(rest, { depth: 6 }) : '',
    typeof stack === 'string' ? stack : place(at)
  ]
  const lines = details.flatMap(text => stripVTControlCharacters(text).trimEnd().split('\n')).filter(line => line !== '')
  return [indent + paint('red', title), ...lines.map(line => `${indent}  ${line}`)]
}

function place (at: unknown): string {
  const { fileName, lineNumber } = asObject(at)
  return fileName === undefined ? '' : `${String(fileName)}:${String(lineNumber)}`
}

function asObject (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function paint (style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}
