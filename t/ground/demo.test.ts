import { spawn, type ChildProcess } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { freePort } from '../support/free-port.ts'
import { repository, run, type Outcome } from './run-script.ts'

const servers = ['test.com.rsa', 'test.com.ecdsa']
const clients = ['client', 'client-revoked']

class Demo {
  readonly config: string
  readonly folder: string
  readonly ocspPort: number

  constructor (root: string, ocspPort: number) {
    this.config = join(root, 'conf', 'config.yaml')
    this.folder = join(root, 'elsewhere', 'demo-pki')
    this.ocspPort = ocspPort
  }

  async script (name: string, ...args: string[]): Promise<Outcome> {
    return await run(process.execPath, [join(repository, 'scripts/demo', name), '--config', this.config, ...args])
  }

  async openssl (...args: string[]): Promise<string> {
    const { stdout, stderr } = await run('openssl', args, { cwd: this.folder })
    return stderr + stdout
  }

  async ask (name: string): Promise<string> {
    return await this.openssl('ocsp', '-sha256', '-issuer', 'intermediate-ca.crt', '-cert', `${name}.crt`, '-url', `http://127.0.0.1:${this.ocspPort}/`, '-CAfile', 'client-ca.pem')
  }

  async certificate (name: string): Promise<X509Certificate> {
    return new X509Certificate(await readFile(join(this.folder, `${name}.crt`)))
  }
}

async function createDemo (t: Test): Promise<Demo> {
  const root = t.testdir({ conf: { 'config.yaml': 'clinch:\n  data_dir: elsewhere\n' } })
  return new Demo(root, await freePort())
}

async function makeDemo (t: Test): Promise<Demo> {
  const demo = await createDemo(t)
  const { code, stderr } = await demo.script('make-pki.ts', '--ocsp-port', String(demo.ocspPort))
  t.equal(code, 0, stderr)
  return demo
}

async function serve (t: Test, demo: Demo): Promise<{ upstream: string, stop: (signal: NodeJS.Signals) => Promise<number | null> }> {
  const child: ChildProcess = spawn(process.execPath, [join(repository, 'scripts/demo/serve.ts'), '--config', demo.config, '--upstream-port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let upstream = ''
  for await (const line of createInterface({ input: child.stdout! })) { // stdout is a pipe, see stdio
    if (line.startsWith('upstream ')) upstream = line.split(/\s+/)[1] ?? ''
    if (line.startsWith('Ctrl-C')) break
  }
  child.stdout?.resume()
  return {
    upstream,
    stop: async signal => {
      child.kill(signal)
      return (await ended)[0] as number | null // exit's first argument is the code
    }
  }
}

// one for all tests: making it is most of the work
const demo = await makeDemo(t)

t.test('the demo PKI is one that openssl accepts', async t => {
  for (const name of [...servers, ...clients, 'ocsp-signer']) {
    t.match(await demo.openssl('verify', '-CAfile', 'root-ca.crt', '-untrusted', 'intermediate-ca.crt', `${name}.crt`), `${name}.crt: OK`)
    t.ok((await stat(join(demo.folder, `${name}.key`))).mode % 0o100 === 0, `${name}.key is its owner's alone`)
  }
  for (const name of [...servers, ...clients]) {
    const certificate = await demo.certificate(name)
    t.equal(certificate.infoAccess?.trim(), `OCSP - URI:http://127.0.0.1:${demo.ocspPort}/`)
    t.equal((await readFile(join(demo.folder, `${name}.chain.pem`), 'utf8')).match(/BEGIN CERTIFICATE/g)?.length, 2)
  }
  t.match(await demo.openssl('verify', '-purpose', 'sslserver', '-verify_hostname', 'test.com', '-CAfile', 'client-ca.pem', 'test.com.rsa.crt', 'test.com.ecdsa.crt'), /OK[^]*OK/)
  t.match(await demo.openssl('verify', '-purpose', 'sslclient', '-CAfile', 'client-ca.pem', 'client.crt'), 'OK')
  t.equal((await demo.certificate('test.com.rsa')).publicKey.asymmetricKeyType, 'rsa')
  t.equal((await demo.certificate('test.com.ecdsa')).publicKey.asymmetricKeyType, 'ec')
  t.match(await demo.openssl('x509', '-noout', '-text', '-in', 'ocsp-signer.crt'), /OCSP Signing[^]*OCSP No Check/)

  const certificates = await Promise.all(['root-ca', 'intermediate-ca', ...servers, ...clients, 'ocsp-signer'].map(async name => await demo.certificate(name)))
  t.equal(new Set(certificates.map(({ serialNumber }) => serialNumber)).size, certificates.length, 'no serial number comes twice')
})

t.test('while the demo is served', async t => {
  const { upstream, stop } = await serve(t, demo)

  t.test('the responder tells good from revoked, and a revocation counts at once', async t => {
    for (const name of [...servers, 'client']) t.match(await demo.ask(name), new RegExp(`Response verify OK\n${name}\\.crt: good`))
    t.match(await demo.ask('client-revoked'), 'client-revoked.crt: revoked')

    const revoked = await demo.script('revoke.ts', 'client')
    t.equal(revoked.code, 0, revoked.stderr)
    t.match(await demo.ask('client'), 'client.crt: revoked')
    t.match((await demo.script('revoke.ts', 'client.crt')).stdout, 'before')
  })

  t.test('the responder answers GET, and goes on after bad requests and silent connections', async t => {
    const url = `http://127.0.0.1:${demo.ocspPort}/`
    const silent = connect({ port: demo.ocspPort, host: '127.0.0.1' }).on('error', () => {})
    t.teardown(() => silent.destroy())

    const malformed = Buffer.from([0x30, 3, 0x0a, 1, 1])
    const post = { method: 'POST', headers: { 'content-type': 'application/ocsp-request' } }
    t.same(Buffer.from(await (await fetch(url, { ...post, body: 'nonsense' })).arrayBuffer()), malformed)
    t.same(Buffer.from(await (await fetch(url, post)).arrayBuffer()), malformed)
    t.equal((await fetch(`${url}%zz`)).status, 400)
    t.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 415)
    t.equal((await fetch(url, { method: 'PUT', body: 'x' })).status, 405)

    await demo.openssl('ocsp', '-sha256', '-issuer', 'intermediate-ca.crt', '-cert', 'test.com.rsa.crt', '-no_nonce', '-reqout', 'request.der')
    const request = await readFile(join(demo.folder, 'request.der'), 'base64')
    const res = await fetch(url + encodeURIComponent(request))
    t.equal(res.headers.get('content-type'), 'application/ocsp-response')
    await writeFile(join(demo.folder, 'response.der'), Buffer.from(await res.arrayBuffer()))
    t.match(await demo.openssl('ocsp', '-sha256', '-respin', 'response.der', '-issuer', 'intermediate-ca.crt', '-cert', 'test.com.rsa.crt', '-CAfile', 'client-ca.pem'), 'test.com.rsa.crt: good')
  })

  t.test('the upstream says what it was asked for and what the gateway told it', async t => {
    const answer = await (await fetch(`${upstream}a/b?c=d`, { headers: { 'x-request-id': '17' } })).text()
    t.match(answer, /^hello from the upstream, you asked for \/a\/b\?c=d\n/)
    t.match(answer, 'x-request-id: 17\n')
  })

  t.test('a port that is taken is named', async t => {
    const { code, stderr } = await demo.script('serve.ts')
    t.equal(code, 1)
    t.equal(stderr, `Port ${demo.ocspPort} is taken; --port chooses another.\n`)
  })

  t.test('Ctrl-C ends both', async t => {
    t.equal(await stop('SIGINT'), 0)
  })
})

t.test('a second run keeps the certificates, --force makes new ones', async t => {
  const { serialNumber } = await demo.certificate('client')
  t.match((await demo.script('make-pki.ts')).stdout, 'Kept')
  t.equal((await demo.certificate('client')).serialNumber, serialNumber)

  const otherPort = await demo.script('make-pki.ts', '--ocsp-port', '4')
  t.equal(otherPort.code, 1)
  t.match(otherPort.stderr, '--force', 'certificates that name another responder are not silently kept')

  t.match((await demo.script('make-pki.ts', '--force')).stdout, 'Made')
  t.not((await demo.certificate('client')).serialNumber, serialNumber)
  t.same(await readdir(join(demo.folder, '..')), ['demo-pki'], 'nothing is left beside it')
})

t.test('demo commands say what to do', async t => {
  const demo = await createDemo(t)
  const cases: Array<[script: string, args: string[], said: RegExp]> = [
    ['serve.ts', [], /^There are no certificates yet: npm run demo:pki\n$/],
    ['revoke.ts', ['client'], /^There are no certificates yet: npm run demo:pki\n$/],
    ['revoke.ts', ['nobody'], /^Which one\? .*client-revoked\n$/],
    ['make-pki.ts', ['--ocsp-port', 'http'], /^--ocsp-port takes a port number, not http\n$/],
    ['make-pki.ts', ['--ocsp-url', 'ftp://responder'], /^--ocsp-url takes a URL such as http:.*, not ftp:\/\/responder\n$/],
    ['serve.ts', ['--folder', 'nowhere'], /^There are no certificates yet: npm run demo:pki\n$/],
    ['make-pki.ts', ['--fource'], /^Unknown option '--fource'/]
  ]
  for (const [script, args, said] of cases) {
    const { code, stderr } = await demo.script(script, ...args)
    t.equal(code, 1)
    t.match(stderr, said)
  }
})
