// npm run bench [-- NAME... [--seconds N] [--rounds N] [--profile]]: measures, and prints a table for each scenario.
import { parseArgs } from 'node:util'
import { describeMachine } from './measuring/machine.ts'
import { formatReport } from './measuring/table.ts'
import { describeMissing } from './peers/programs.ts'
import { Scope } from './scope.ts'
import type { RunOptions, Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '5' }, profile: { type: 'boolean', default: false } }
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
let running: Scope | undefined
const unknown = positionals.filter(name => !scenarios.some(scenario => scenario.name === name))

// what was started must not outlive its measurement
const leave = () => process.exit(130)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (running === undefined) leave()
    else running.close().then(leave, leave)
  })
}

if (unknown.length > 0 || !(seconds > 0) || !(rounds >= 1)) {
  process.stderr.write(`usage: npm run bench -- [NAME...] [--seconds N] [--rounds N] [--profile]\n${scenarios.map(({ name, measures }) => `  ${name.padEnd(12)} ${measures}`).join('\n')}\n`)
  process.exitCode = 2
} else {
  console.log(`${describeMachine()}\n`)
  const wanted = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  for (const scenario of wanted) await runScenario(scenario)
}

async function runScenario (scenario: Scenario): Promise<void> {
  const missing = describeMissing(scenario.needs.filter(program => !program.isThere()))
  console.log(`${scenario.name}: ${scenario.measures}`)
  if (missing !== undefined) {
    console.log(`  left out, ${missing}\n`)
    return
  }
  await using scope = new Scope()
  running = scope
  const options: RunOptions = { seconds, rounds, profile: values.profile, scope, note: showProgress }
  try {
    const report = await scenario.run(options)
    showProgress('')
    console.log(`${formatReport(report)}\n`)
  } catch (error) {
    showProgress('')
    console.log(`  failed: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

// One line that is written over and over on a terminal, a line each elsewhere.
function showProgress (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}
