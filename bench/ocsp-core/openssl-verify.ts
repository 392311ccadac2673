import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gcc, opensslHeaders } from '../peers/programs.ts'
import { runProgram } from '../peers/run-program.ts'
import type { Scope } from '../scope.ts'
import type { Question } from './questions.ts'

/** CPU of the system's OpenSSL for one verification, in microseconds. The command `openssl ocsp` would measure its own start. */
export type OpensslVerify = (question: Question, seconds: number) => Promise<number>

/** The verification in C, compiled now; undefined where there is nothing to compile it with. */
export async function buildOpensslVerify (scope: Scope): Promise<OpensslVerify | undefined> {
  if (!gcc.isThere() || !opensslHeaders.isThere()) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-ocsp-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const [program, response, issuer, leaf] = ['verify', 'response.der', 'issuer.der', 'leaf.der'].map(name => join(folder, name)) as [string, string, string, string]
  await runProgram('gcc', ['-O2', '-o', program, fileURLToPath(new URL('verify.c', import.meta.url)), '-lcrypto'])
  return async (question, seconds) => {
    await writeFile(response, question.der)
    await writeFile(issuer, question.authority.certDer)
    await writeFile(leaf, question.leaf.certDer)
    return Number(await runProgram(program, [response, issuer, leaf, String(seconds)])) / 1000
  }
}
