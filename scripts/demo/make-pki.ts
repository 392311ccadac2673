// npm run demo:pki [-- --force] [--ocsp-port N | --ocsp-url URL] [--config FILE | --folder FOLDER]
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { DemoError, runDemo } from './demo-error.ts'
import { demoFolder } from './demo-folder.ts'
import { inspectPki } from './inspect-pki.ts'
import { leaves, makePki } from './pki.ts'
import { readPort } from './port-option.ts'
import { localResponder, readResponderUrl } from './responder-url.ts'

await runDemo(async () => {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, folder: { type: 'string' }, 'ocsp-port': { type: 'string' }, 'ocsp-url': { type: 'string' }, force: { type: 'boolean', default: false } }
  })
  const folder = await demoFolder(values)
  const wantedUrl = wantedResponder(values)
  const state = inspectPki(folder, Date.now())

  if (state.kind === 'made' && !values.force) {
    if (wantedUrl !== undefined && wantedUrl !== state.ocspUrl) {
      throw new DemoError(`The certificates in ${shorten(folder)} name the responder ${state.ocspUrl}; --force makes new ones.`)
    }
    console.log(`Kept what is in ${shorten(folder)}; --force makes it anew.\n`)
  } else {
    await makePki(folder, { ocspUrl: wantedUrl ?? (state.kind === 'made' ? state.ocspUrl : localResponder(11451)) })
    console.log(`${state.kind === 'expired' ? 'The old certificates had expired: made new ones' : 'Made'} in ${shorten(folder)}\n`)
  }
  console.log(listing())
})

function wantedResponder ({ 'ocsp-port': port, 'ocsp-url': url }: { readonly 'ocsp-port'?: string | undefined, readonly 'ocsp-url'?: string | undefined }): string | undefined {
  if (url !== undefined) return readResponderUrl(url)
  return port === undefined ? undefined : localResponder(readPort('ocsp-port', port))
}

function shorten (path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

function listing (): string {
  return [
    ['root-ca.crt', 'the root'],
    ['intermediate-ca.crt', 'issued by the root; issues all that follows'],
    ['client-ca.pem', 'both of them: what client certificates are checked against'],
    ...leaves.map(({ name, what }) => [`${name}.crt`, what]),
    ['*.key', 'the private keys'],
    ['*.chain.pem', 'a certificate and the intermediate CA, as a server or client sends them'],
    ['index.txt', 'the responder\'s list of what was issued and what is revoked']
  ].map(([file, what]) => `  ${file?.padEnd(22)}${what}`).join('\n')
}
