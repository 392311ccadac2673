import type { Command } from './command.ts'
import { reload } from './reload.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { test } from './test.ts'
import { version } from './version.ts'

/** In the order in which help names them. */
export const commands: readonly Command[] = [start, stop, reload, status, test, version]

/** Commands that read what follows them by themselves. */
export const families: ReadonlyArray<{ readonly name: string, readonly lines: ReadonlyArray<readonly [string, string]>, readonly run: (args: readonly string[]) => Promise<void> }> = [
  {
    name: 'ocsp',
    lines: [
      ['ocsp check HOST[:PORT]', 'is the certificate of a server good, and does it staple?'],
      ['ocsp check --cert FILE', 'the same of a certificate in a file'],
      ['ocsp explain RESPONSE', 'which rules an OCSP response passes']
    ],
    async run (args) {
      const { runOcspCommand } = await import('../ocsp-command/ocsp-command.ts')
      await runOcspCommand(args)
    }
  },
  {
    name: 'plugin',
    lines: [['plugin new NAME', 'a plugin of your own, with its test']],
    async run (args) {
      const { runPluginCommand } = await import('../plugin-command/plugin-command.ts')
      await runPluginCommand(args)
    }
  }
]
