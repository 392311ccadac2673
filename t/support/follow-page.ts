import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import type { TestGateway } from './gateway.ts'
import { missingFrom, type ReadmeStep } from './readme.ts'

const run = promisify(execFile)

export interface PageSurroundings {
  readonly gateway: TestGateway
  /** Ports besides those of the gateway, by what the page calls them: `{ 1980: upstream.port }`. */
  readonly ports: Readonly<Record<number, number | string>>
  readonly cwd?: string
}

/** Types the commands of a page, with the ports of a gateway in the place of those that the page names, and looks at what they print. */
export async function followPage (t: Test, page: string, steps: readonly ReadmeStep[], { gateway, ports, cwd }: PageSurroundings): Promise<void> {
  const actual: Readonly<Record<string, number | string>> = { 9180: new URL(gateway.adminUrl).port, 9090: new URL(gateway.controlUrl).port, 9080: gateway.httpPort, ...ports }
  const { NODE_OPTIONS: _taps, ...environment } = process.env
  for (const { heading, commands, expected } of steps) {
    await t.test(`${page}: ${heading}`, async t => {
      const script = commands.replace(/\b\d{4}\b/g, port => String(actual[port] ?? port))
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env: { ...environment, admin_key: gateway.key } })
      t.equal(missingFrom(stdout, expected), undefined, stdout)
    })
  }
}
