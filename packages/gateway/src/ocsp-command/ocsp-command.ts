import { CommandError } from './command-error.ts'
import { checkFiles } from './check-files.ts'
import { checkHost } from './check-host.ts'
import { exitStatus } from './exit-status.ts'
import { explain } from './explain.ts'
import { type CommandOptions, parseOptions } from './options.ts'
import { createProgress, type Progress } from './progress.ts'
import type { CheckReport, ErrorReport, ExplainReport } from './report/report.ts'
import { harmless } from './text/harmless.ts'
import { createPaint } from './text/paint.ts'
import { render } from './text/render.ts'
import { usage } from './usage.ts'

/** `clinch ocsp …`: prints a report, or one sentence with a code, and sets the exit status. */
export async function runOcspCommand (args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  const progress = createProgress(process.stderr)
  process.stdout.on('error', () => {}) // whoever reads may stop after the first line
  try {
    const options = parseOptions(args)
    if (options === 'help') {
      process.stdout.write(usage)
      return
    }
    const report = harmless(await run(options, progress))
    progress.clear()
    process.stdout.write(json ? printJson(report) : render(report, createPaint(process.stdout, process.env)))
    process.exitCode = report.exit_status
  } catch (error) {
    progress.clear()
    if (!(error instanceof CommandError)) throw error
    const { code, message } = harmless({ code: error.code, message: error.message })
    process.exitCode = exitStatus.could_not_tell
    if (json) process.stdout.write(printJson({ verdict: 'could_not_tell', exit_status: exitStatus.could_not_tell, error: { code, message } }))
    else process.stderr.write(`clinch: ${message} (${code})\n${code === 'ERR_USAGE' ? `\n${usage}` : ''}`)
  }
}

async function run (options: CommandOptions, progress: Progress): Promise<CheckReport | ExplainReport> {
  switch (options.kind) {
    case 'check-host': return await checkHost(options, progress, Date.now)
    case 'check-files': return await checkFiles(options, progress, Date.now)
    case 'explain': return await explain(options, Date.now)
  }
}

const printJson = (report: CheckReport | ExplainReport | ErrorReport): string => `${JSON.stringify(report, undefined, 2)}\n`
