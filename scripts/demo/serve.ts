// npm run demo:responder [-- --port N] [--upstream-port N] [--host ADDRESS] [--without-upstream] [--config FILE | --folder FOLDER]
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DemoError, runDemo } from './demo-error.ts'
import { demoFolder } from './demo-folder.ts'
import { inspectPki } from './inspect-pki.ts'
import { leaves } from './pki.ts'
import { readPort } from './port-option.ts'
import { startResponder } from './responder.ts'
import { portOf } from './responder-url.ts'
import { startUpstream } from './upstream.ts'

await runDemo(async () => {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      folder: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      'upstream-port': { type: 'string', default: '1980' },
      'without-upstream': { type: 'boolean', default: false }
    }
  })
  const { host } = values
  const folder = await demoFolder(values)
  const state = inspectPki(folder, Date.now())
  if (state.kind !== 'made') throw new DemoError(`${state.kind === 'absent' ? 'There are no certificates yet' : 'The certificates have expired'}: npm run demo:pki`)

  const nameOf = namesBySerial(folder)
  const responder = await orPortTaken('port', startResponder(folder, {
    host,
    port: values.port === undefined ? portOf(state.ocspUrl) : readPort('port', values.port),
    onAnswer: ({ method, serial, status }) => console.log(`ocsp  ${method} ${nameOf.get(serial) ?? serial}: ${status}`)
  }))
  const upstream = values['without-upstream']
    ? undefined
    : await orPortTaken('upstream-port', startUpstream({ host, port: readPort('upstream-port', values['upstream-port']) }))
      .catch(async (err: unknown) => {
        await responder.close()
        throw err
      })

  console.log(`OCSP responder  http://${host}:${responder.port}/`)
  if (upstream !== undefined) console.log(`upstream        http://${host}:${upstream.port}/`)
  console.log('Ctrl-C stops. Each OCSP answer is one line below.\n')

  const stop = (): void => { Promise.all([responder.close(), upstream?.close()]).catch((err: unknown) => { console.error(err) }) }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
})

function namesBySerial (folder: string): Map<string, string> {
  return new Map(leaves.map(({ name }) => [new X509Certificate(readFileSync(join(folder, `${name}.crt`))).serialNumber, name]))
}

async function orPortTaken<T> (option: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'EADDRINUSE' && 'port' in err)) throw err
    throw new DemoError(`Port ${String(err.port)} is taken; --${option} chooses another.`)
  }
}
