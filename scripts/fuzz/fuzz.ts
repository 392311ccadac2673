// npm run fuzz [-- --seconds N] [--seed N] [--target NAME]... [--replay FILE_OR_BASE64]: throws hostile octets at ocsp-core.
import { randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSeededRandom, type SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import { complaintAbout, type FuzzTarget } from './target.ts'
import { createTarget, isTargetName, targetNames } from './targets.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string' }, target: { type: 'string', multiple: true }, replay: { type: 'string' } }
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? randomInt(2 ** 31))
const wanted = (values.target ?? targetNames).filter(isTargetName)
const sliceMs = 200

if (!(seconds > 0) || !Number.isInteger(seed) || wanted.length !== (values.target ?? targetNames).length || (values.replay !== undefined && wanted.length !== 1)) {
  process.stderr.write(`usage: npm run fuzz -- [--seconds N] [--seed N] [--target ${targetNames.join('|')}]... | --target NAME --replay FILE_OR_BASE64\n`)
  process.exitCode = 2
} else {
  const targets = await Promise.all(wanted.map(createTarget))
  if (values.replay === undefined) await fuzz(targets)
  else for (const target of targets) await replay(target, values.replay)
  for (const target of targets) await target.close()
}

async function fuzz (targets: readonly FuzzTarget[]): Promise<void> {
  console.log(`seed ${seed}`)
  const random = createSeededRandom(seed)
  const counts = new Map(targets.map(({ name }) => [name, 0]))
  const startedMs = performance.now()
  while (performance.now() - startedMs < seconds * 1000) {
    for (const target of targets) {
      const tried = await runSlice(target, random)
      if (tried === undefined) {
        process.exitCode = 1
        return
      }
      counts.set(target.name, (counts.get(target.name) ?? 0) + tried)
    }
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${describe(counts, startedMs)}`)
  }
  console.log(`${process.stderr.isTTY ? '\n' : ''}${describe(counts, startedMs)}: nothing found`)
}

// Inputs for a moment; undefined when one was taken wrongly.
async function runSlice (target: FuzzTarget, random: SeededRandom): Promise<number | undefined> {
  const untilMs = performance.now() + sliceMs
  let tried = 0
  while (performance.now() < untilMs) {
    const inputs = Array.from({ length: target.sideBySide }, () => target.invent(random))
    const complaints = await Promise.all(inputs.map(async input => await complaintAbout(target, input)))
    tried += inputs.length
    const at = complaints.findIndex(complaint => complaint !== undefined)
    const input = inputs[at]
    if (input !== undefined) {
      report(target, input, complaints[at] ?? '')
      return undefined
    }
  }
  return tried
}

function report ({ name }: FuzzTarget, input: Buffer, complaint: string): void {
  const file = join(tmpdir(), `clinch-fuzz-${name}-${seed}.bin`)
  writeFileSync(file, input)
  console.log(`\n${name}: ${complaint}\n\n${input.toString('base64')}\n\nreplay with: npm run fuzz -- --target ${name} --replay ${file}`)
}

async function replay (target: FuzzTarget, fileOrBase64: string): Promise<void> {
  const complaint = await complaintAbout(target, readInput(fileOrBase64))
  console.log(complaint ?? 'taken as it should be')
  if (complaint !== undefined) process.exitCode = 1
}

function readInput (fileOrBase64: string): Buffer {
  try {
    return readFileSync(fileOrBase64)
  } catch {
    return Buffer.from(fileOrBase64, 'base64')
  }
}

function describe (counts: ReadonlyMap<string, number>, startedMs: number): string {
  const total = [...counts.values()].reduce((a, b) => a + b, 0)
  return `${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${total} inputs (${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')})`
}
