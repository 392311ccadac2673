import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authority, Issued } from '../../t/support/pki.ts'
import { runProgram } from '../peers/run-program.ts'
import type { Scope } from '../scope.ts'

export interface Presented {
  readonly leaf: Issued
  readonly stapleDer: Buffer
}

/** Has `openssl ocsp` verify staples, so that our own code is not its own witness. @returns how many are good */
export async function openOpensslJudge (scope: Scope, issuer: Authority): Promise<(all: readonly Presented[]) => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-judge-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const [ca = '', cert = '', staple = ''] = ['ca.pem', 'leaf.pem', 'staple.der'].map(name => join(folder, name))
  await writeFile(ca, issuer.certPem)
  return async all => {
    let good = 0
    for (const { leaf, stapleDer } of all) {
      await writeFile(cert, leaf.certPem)
      await writeFile(staple, stapleDer)
      // it fails where signature or times do not verify, and names the status on a line of its own
      const output = await runProgram('openssl', ['ocsp', '-sha256', '-issuer', ca, '-cert', cert, '-respin', staple, '-CAfile', ca, '-no_nonce'])
      if (/: good$/m.test(output)) good++
    }
    return good
  }
}
