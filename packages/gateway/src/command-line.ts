import { parseArgs } from 'node:util'
import { options, type Command, type CommandOptions, type OptionName } from './commands/command.ts'
import { commands, families } from './commands/commands.ts'
import { exitStatus, type ExitStatus } from './commands/exit-status.ts'
import { helpOf, overview } from './commands/help.ts'
import { nearestName } from './commands/nearest-name.ts'
import { complain } from './commands/output.ts'
import { defaultConfigFile } from './config/profile.ts'

/** The program `clinch`: picks the command and sets the exit status. */
export async function runCli (args: readonly string[]): Promise<void> {
  const [first, ...rest] = args
  const family = families.find(({ name }) => name === first)
  if (family !== undefined) return await family.run(rest)
  const status = await run(args)
  if (status !== undefined) process.exitCode = status
}

/** What is wrong with what was typed. */
class UsageError extends Error {}

async function run (args: readonly string[]): Promise<ExitStatus | undefined> {
  try {
    const [name, ...rest] = args
    if (name === undefined) {
      process.stderr.write(overview())
      return exitStatus.usage
    }
    if (['help', '--help', '-h'].includes(name)) return showHelp(rest)
    const command = findCommand(name)
    const parsed = parseOptions(command, rest)
    if (parsed === 'help') return showHelp([command.name])
    return await command.run(parsed)
  } catch (error) {
    if (error instanceof UsageError) {
      complain(error.message)
      return exitStatus.usage
    }
    const { explainError } = await import('./explain-error.ts') // which knows the errors of every package
    complain(explainError(error))
    return exitStatus.failed
  }
}

function showHelp ([name]: readonly string[]): ExitStatus {
  const family = families.find(known => known.name === name)
  process.stdout.write(name === undefined ? overview() : family === undefined ? helpOf(findCommand(name)) : `See clinch ${family.name} --help\n`)
  return exitStatus.done
}

function findCommand (name: string): Command {
  const found = commands.find(command => command.name === name)
  if (found !== undefined) return found
  throw new UsageError(`there is no command ${name}${meant(name, ['help', ...commands.map(command => command.name), ...families.map(family => family.name)])}; clinch help names them all`)
}

function parseOptions (command: Command, args: readonly string[]): CommandOptions | 'help' {
  const taken: readonly OptionName[] = [...command.options, 'help']
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`what is ${token.value}? clinch ${command.name} takes options only`)
    if (token.kind !== 'option') continue
    if (!taken.some(option => option === token.name)) throw new UsageError(`clinch ${command.name} has no option ${token.rawName}${meant(token.rawName, taken.map(option => `--${option}`))}`)
  }
  const values = parseStrictly(args)
  if (values.help === true) return 'help'
  return { config: values.config ?? defaultConfigFile(process.env), timeoutMs: timeoutOf(values.timeout), store: values.store === true, json: values.json === true }
}

function parseStrictly (args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    const [sentence = ''] = (cause as Error).message.split('\n')
    throw new UsageError(sentence, { cause })
  }
}

function timeoutOf (seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined
  if (!/^\d+(\.\d+)?$/.test(seconds) || Number(seconds) > 86_400) throw new UsageError(`--timeout ${seconds}: a number of seconds is wanted, 86400 at most`)
  return Number(seconds) * 1000
}

function meant (typed: string, names: readonly string[]): string {
  const name = nearestName(typed, names)
  return name === undefined ? '' : `, did you mean ${name}?`
}
