import { createRequire } from 'node:module'
import { join, normalize, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findBuiltInPlugin } from '@clinch/plugins'
import { makePlugin, type MadePlugin } from './make-plugin.ts'

const usage = `Usage: clinch plugin new NAME [--dir DIR]

new NAME     a folder with a plugin of that name, its test and what an npm package needs

Options
  -d, --dir DIR   the folder to make (default: plugins/NAME)
  -h, --help      this text

docs/plugins/writing.md says what to do with it.
`

const namePattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** `clinch plugin …`: exit status 0 when the plugin was made, 1 when it could not be, 2 when it is not clear what is wanted. */
export async function runPluginCommand (args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  if (options.kind === 'help') {
    process.stdout.write(usage)
    return
  }
  if (options.kind === 'unclear') return fail(2, `${options.reason}\n\n${usage}`)
  const { name, folder } = options
  if (await findBuiltInPlugin(name) !== undefined) return fail(1, `the gateway comes with a plugin ${name}: take another name\n`)
  try {
    process.stdout.write(describe(name, await makePlugin(name, folder)))
  } catch (error) {
    fail(1, `${(error as Error).message}\n`)
  }
}

type Options =
  | { readonly kind: 'new', readonly name: string, readonly folder: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'unclear', readonly reason: string }

function parseOptions (args: readonly string[]): Options {
  try {
    const { values, positionals: [command, name, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dir: { type: 'string', short: 'd' }, help: { type: 'boolean', short: 'h' } }
    })
    if (values.help === true) return { kind: 'help' }
    if (command !== 'new') return { kind: 'unclear', reason: command === undefined ? 'what about plugins?' : `there is no command plugin ${command}` }
    if (name === undefined) return { kind: 'unclear', reason: 'how is the plugin called?' }
    if (rest.length > 0) return { kind: 'unclear', reason: `what is ${rest[0]}?` }
    if (!namePattern.test(name) || name.length > 100) return { kind: 'unclear', reason: `${name} is no name for a plugin: small letters and digits, with - between words` }
    return { kind: 'new', name, folder: values.dir ?? join('plugins', name) }
  } catch (error) {
    return { kind: 'unclear', reason: (error as Error).message }
  }
}

function describe (name: string, { folder, files }: MadePlugin): string {
  const file = normalize(join(folder, `${name}.ts`))
  return [
    ...files.map(file => join(folder, file)),
    '',
    'Next',
    ...seesContract(folder) ? [] : [`  npm install --prefix ${folder}   # links @clinch/plugins to this gateway`],
    `  npm test --prefix ${folder}`,
    `  list ${file.startsWith('/') || file.startsWith('..') ? file : `./${file}`} under plugins in config.yaml, and reload`,
    ''
  ].join('\n')
}

function seesContract (folder: string): boolean {
  try {
    createRequire(join(resolve(folder), 'plugin.js')).resolve('@clinch/plugins')
    return true
  } catch {
    return false
  }
}

function fail (status: number, text: string): void {
  process.stderr.write(`clinch: ${text}`)
  process.exitCode = status
}
