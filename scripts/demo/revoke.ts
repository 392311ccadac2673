// npm run demo:revoke -- NAME [--config FILE | --folder FOLDER]
import { parseArgs } from 'node:util'
import { DemoError, runDemo } from './demo-error.ts'
import { demoFolder } from './demo-folder.ts'
import { inspectPki } from './inspect-pki.ts'
import { OpensslError } from './openssl.ts'
import { leaves, revoke } from './pki.ts'

await runDemo(async () => {
  const { values, positionals } = parseArgs({ options: { config: { type: 'string' }, folder: { type: 'string' } }, allowPositionals: true })
  const names = leaves.filter(leaf => leaf.extensions !== 'ocsp_signer').map(leaf => leaf.name)
  const name = positionals[0]?.replace(/\.crt$/, '')
  if (name === undefined || !names.includes(name)) throw new DemoError(`Which one? npm run demo:revoke -- ${names.join(' | ')}`)

  const folder = await demoFolder(values)
  if (inspectPki(folder, Date.now()).kind === 'absent') throw new DemoError('There are no certificates yet: npm run demo:pki')
  try {
    await revoke(folder, name)
  } catch (err) {
    if (!(err instanceof OpensslError && err.stderr.includes('Already revoked'))) throw err
    console.log(`${name} was revoked before.`)
    return
  }
  console.log(`Revoked ${name}. The responder says so from its next answer on; answers given before stay valid for five minutes.`)
})
