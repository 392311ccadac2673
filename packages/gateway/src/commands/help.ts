import { options, type Command } from './command.ts'
import { commands, families } from './commands.ts'

/** Of all commands. */
export function overview (): string {
  const lines = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ...families.flatMap(({ lines }) => lines),
    ['help [COMMAND]', 'what a command does, its options and exit statuses'] as const
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return `Usage: clinch COMMAND [options]

Commands
${lines.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

Options
  ${options.config.text}   ${options.config.help}
`
}

/** Of one of them. */
export function helpOf ({ name, synopsis, summary, details, options: taken }: Command): string {
  const lines = [...taken, 'help' as const].map(option => options[option])
  const width = Math.max(...lines.map(({ text }) => text.length))
  return `Usage: clinch ${[name, synopsis].filter(part => part !== '').join(' ')}

${name}: ${summary}

${details}

Options
${lines.map(({ text, help }) => `  ${text.padEnd(width)}  ${help}`).join('\n')}
`
}
