import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { until } from './gateway.ts'
import type { Issued } from './pki.ts'

/** `openssl s_server` on a free port, with what it is to staple, if anything. Resolves with the port. */
export async function startSServer (t: Test, { certPem, chainPem, keyPem }: Issued, staple?: Buffer): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-s-server-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  await writeFile(path('cert.pem'), certPem)
  await writeFile(path('chain.pem'), chainPem.slice(certPem.length))
  await writeFile(path('key.pem'), keyPem)
  if (staple !== undefined) await writeFile(path('staple.der'), staple)
  const stapling = staple === undefined ? [] : ['-status_file', path('staple.der')]
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', path('cert.pem'), '-cert_chain', path('chain.pem'), '-key', path('key.pem'), ...stapling])
  t.teardown(async () => {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  })
  let output = ''
  child.stdout.on('data', (text: Buffer) => { output += text.toString() })
  child.stderr.on('data', (text: Buffer) => { output += text.toString() })
  await until(() => /^ACCEPT .*:\d+$/m.test(output) || child.exitCode !== null, () => `openssl s_server does not listen: ${output}`)
  return Number(/^ACCEPT .*:(\d+)$/m.exec(output)?.[1])
}
