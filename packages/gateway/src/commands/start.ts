import type { Command } from './command.ts'

export const start: Command = {
  name: 'start',
  synopsis: '[--config FILE]',
  summary: 'run the gateway until Ctrl-C or SIGTERM',
  details: `Stays in the foreground and logs to standard output. SIGTERM and Ctrl-C let requests in flight end, a second one ends the
process at once; SIGHUP puts config.yaml in force, SIGUSR2 replaces the workers, SIGUSR1 opens log files anew.

Exit status: 0 stopped as it was told, 1 it could not start or broke.`,
  options: ['config'],
  async run ({ config }) {
    const { startGateway } = await import('../start.ts')
    await startGateway(config)
    return undefined
  }
}
