import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { freePort } from '../support/free-port.ts'
import { createAuthority } from '../support/pki.ts'
import { type CliResult, runCli } from '../support/run-cli.ts'
import { startTlsServer } from '../support/tls-server.ts'

const ocsp = async (...args: readonly string[]): Promise<CliResult> => await runCli(['ocsp', ...args])

t.test('help names every option, and clinch --help names the command', async t => {
  const { code, stdout } = await ocsp('--help')
  t.equal(code, 0)
  for (const option of ['--servername', '--starttls', '--tls1.2', '--ca', '--cert', '--issuer', '--responder', '--no-ask', '--timeout', '--json']) t.match(stdout, option)
  t.match((await runCli(['--help'])).stdout, 'ocsp check HOST[:PORT]')
})

t.test('arguments that make no sense are answered with a sentence and the usage', async t => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /check or explain\?/],
    [['frobnicate'], /there is no command ocsp frobnicate/],
    [['check'], /HOST or --cert is missing/],
    [['check', 'a.test', 'b.test'], /what is b\.test\?/],
    [['check', 'a.test', '--frob'], /Unknown option '--frob'/],
    [['check', 'a.test', '--cert', 'x.pem'], /--cert does not go with check HOST/],
    [['check', '--cert', 'x.pem', '--starttls', 'smtp'], /--starttls does not go with check --cert/],
    [['explain', 'x.der', '--cert', 'x.pem', '--responder', 'http://x'], /--responder does not go with explain/],
    [['explain', '--cert', 'x.pem'], /explain which response\?/],
    [['explain', 'x.der'], /--cert is missing/],
    [['check', 'https://a.test/'], /HOST, HOST:PORT or \[V6\]:PORT expected, not https:\/\/a\.test\//],
    [['check', 'a.test:70000'], /70000 is no port/],
    [['check', '[nonsense]:1'], /HOST, HOST:PORT or \[V6\]:PORT expected/],
    [['check', 'a.test', '--starttls', 'gopher'], /--starttls takes smtp, imap, pop3, not gopher/],
    [['check', 'a.test', '--servername', '127.0.0.1'], /--servername takes a name/],
    [['check', 'a.test', '--timeout', 'soon'], /--timeout takes seconds, at most 600, not soon/],
    [['check', 'a.test', '--responder', 'ldap://x'], /--responder takes an http or https URL, not ldap:\/\/x/]
  ]
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await ocsp(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    const [first = '', ...rest] = stderr.split('\n')
    t.match(first, expected)
    t.match(first, /^clinch: .+ \(ERR_USAGE\)$/)
    t.match(rest.join('\n'), /^\nUsage: clinch ocsp check HOST/)
  }
})

t.test('a host that does not answer is told in one sentence with the code', async t => {
  const single = (result: CliResult, expected: RegExp): void => {
    t.equal(result.code, 2)
    t.equal(result.stdout, '')
    t.match(result.stderr, expected)
    t.equal(result.stderr.split('\n').length, 2, result.stderr)
  }
  single(await ocsp('check', `127.0.0.1:${await freePort()}`), /^clinch: 127\.0\.0\.1:\d+: the connection is refused \(ECONNREFUSED\)\n/)
  single(await ocsp('check', 'no-such-host.invalid'), /^clinch: no-such-host\.invalid:443: the name does not resolve.* \(E[A-Z_]+\)\n/)
  single(await ocsp('check', `127.0.0.1:${await listen(t, () => {})}`, '--timeout', '0.3'), /^clinch: 127\.0\.0\.1:\d+ did not answer within 0\.3 s \(ETIMEDOUT\)\n/)
  single(await ocsp('check', `127.0.0.1:${await listen(t, socket => socket.end())}`), /closed the connection before TLS began \(ECONNRESET\)\n/)
  single(await ocsp('check', `127.0.0.1:${await listen(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))}`), /does not speak TLS there; a mail server may want --starttls \(ERR_SSL_[A-Z_]+\)\n/)
})

t.test('an IPv6 address stands in brackets', async t => {
  const port = await freePort()
  t.match((await ocsp('check', `[::1]:${port}`)).stderr, `[::1]:${port}: `)
})

t.test('on a terminal there are colours and a line of progress that is wiped, unless NO_COLOR forbids colours', async t => {
  const port = await startTlsServer(t, createAuthority({ name: 'self.test' }))
  const args = ['ocsp', 'check', `127.0.0.1:${port}`]
  const bright = await runCli(args, { terminal: true })
  t.match(bright.stdout, /^\x1b\[33mCould not tell\x1b\[39m: /) // eslint-disable-line no-control-regex -- the colour is what is tested
  t.match(bright.stderr, `\r\x1b[Kconnecting to 127.0.0.1:${port} …`)
  t.match(bright.stderr, 'asking the responder …')
  t.ok(bright.stderr.endsWith('\r\x1b[K'))
  t.match((await runCli(args, { terminal: true, env: { NO_COLOR: '1' } })).stdout, /^Could not tell: /)
  t.match(await runCli(args), { stdout: /^Could not tell: /, stderr: '' })
})

async function listen (t: Test, take: Parameters<typeof createServer>[1] & {}): Promise<number> {
  const sockets = new Set<{ destroy (): unknown }>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    take(socket)
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port // listening on TCP
}
