import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cast } from './cast.ts'
import type { Recipe } from './recipe.ts'

export interface OpensslVerdict {
  /** As ours: `indeterminate` stands for every way to have no verdict. */
  readonly kind: 'good' | 'revoked' | 'unknown' | 'indeterminate'
  readonly output: string
}

/** The files of `castFiles`, by the names that `askOpenssl` uses. */
export function castFiles (kind: Recipe['authority'], { root, authority, leaf, signers }: Cast): Record<string, string> {
  return { [`${kind}-root.pem`]: root.certPem, [`${kind}-issuer.pem`]: authority.certPem, [`${kind}-leaf.pem`]: leaf.certPem, [`${kind}-listed.pem`]: signers.configured.certPem }
}

/** What `openssl ocsp` makes of a response: the same trust (root, issuer, listed responder), the same clock, the same skew. */
export async function askOpenssl (folder: string, number: number, der: Buffer, recipe: Recipe): Promise<OpensslVerdict> {
  const file = `response-${number}.der`
  await writeFile(join(folder, file), der)
  const { authority: kind } = recipe
  const args = [
    'ocsp', '-respin', file, '-no_nonce', '-validity_period', '300', '-CAfile', `${kind}-root.pem`, '-verify_other', `${kind}-issuer.pem`,
    ...(recipe.signer === 'configured' ? ['-VAfile', `${kind}-listed.pem`] : []),
    '-issuer', `${kind}-issuer.pem`, `-${askedHash(recipe)}`, '-cert', `${kind}-leaf.pem`
  ]
  const output = await new Promise<string>(resolve => {
    execFile('openssl', args, { cwd: folder, encoding: 'latin1' }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
  return { kind: readVerdict(output), output }
}

export const askedHash = ({ asked, hash }: Recipe): string => asked === 'same' ? hash : asked

function readVerdict (output: string): OpensslVerdict['kind'] {
  const status = /-leaf\.pem: (good|revoked|unknown)$/m.exec(output)?.[1]
  const accepted = output.includes('Response verify OK') && !output.includes('WARNING: Status times invalid')
  return accepted && status !== undefined ? status as OpensslVerdict['kind'] : 'indeterminate'
}
