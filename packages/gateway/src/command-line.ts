import { parseArgs } from 'node:util'
import { defaultConfigFile } from './config/profile.ts'
import { product } from './product.ts'

const usage = `Usage: clinch <command> [options]

Commands
  start [--config FILE]   run the gateway until Ctrl-C or SIGTERM (default: conf/config.yaml)
  test [--config FILE]    check config.yaml, and apisix.yaml if it is used, and say what is wrong
  ocsp check HOST[:PORT]  is the certificate of a server good, and does it staple? (clinch ocsp --help)
  ocsp check --cert FILE  the same of a certificate in a file
  ocsp explain RESPONSE   which rules an OCSP response passes
  version                 print the version

Options
  -c, --config FILE       another config.yaml; every port, address and folder can be set in it
                          (without it APISIX_PROFILE=P in the environment reads conf/config-P.yaml)
  -h, --help              this text
`

/** The program `clinch`: picks the command and sets the exit status. */
export async function runCli (args: readonly string[]): Promise<void> {
  if (args[0] === 'ocsp') { // it has options of its own
    const { runOcspCommand } = await import('./ocsp-command/ocsp-command.ts')
    return await runOcspCommand(args.slice(1))
  }
  const parsed = parse(args)
  if (parsed === undefined) return
  const { command, config } = parsed
  switch (command) {
    case 'start': {
      const { startGateway } = await import('./start.ts')
      return await startGateway(config)
    }
    case 'test': {
      const { testConfig } = await import('./test-config.ts')
      return await testConfig(config)
    }
    case 'version':
      process.stdout.write(`${product.name} ${product.version}\n`)
      return
    default:
      process.stderr.write(`clinch: there is no command ${command}\n\n${usage}`)
      process.exitCode = 2
  }
}

function parse (args: readonly string[]): { command: string, config: string } | undefined {
  try {
    const { values, positionals: [command, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: 'string', short: 'c', default: defaultConfigFile(process.env) }, help: { type: 'boolean', short: 'h' } }
    })
    if (values.help === true || command === undefined) {
      process.stdout.write(usage)
      process.exitCode = values.help === true ? 0 : 2
      return undefined
    }
    if (rest.length > 0) throw new Error(`what is ${rest[0]}?`)
    return { command, config: values.config }
  } catch (error) {
    process.stderr.write(`clinch: ${(error as Error).message}\n\n${usage}`)
    process.exitCode = 2
    return undefined
  }
}
