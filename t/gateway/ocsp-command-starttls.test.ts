import t, { type Test } from 'tap'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { type CliResult, runCli } from '../support/run-cli.ts'
import { type Dialogue, startTlsServer } from '../support/tls-server.ts'

const smtp: Dialogue = {
  greeting: '220-mail.test\r\n220 ESMTP\r\n',
  turns: [['EHLO client.invalid\r\n', '250-mail.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n'], ['STARTTLS\r\n', '220 go ahead\r\n']]
}
const imap: Dialogue = { greeting: '* OK IMAP4rev1\r\n', turns: [['a1 STARTTLS\r\n', '* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n']] }
const pop3: Dialogue = { greeting: '+OK POP3\r\n', turns: [['STLS\r\n', '+OK begin\r\n']] }

async function makeLeaf (t: Test): Promise<Issued> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ sans: ['mail.test'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  return leaf
}

const check = async (port: number, protocol: string, ...more: readonly string[]): Promise<CliResult> =>
  await runCli(['ocsp', 'check', `127.0.0.1:${port}`, '--starttls', protocol, ...more])

t.test('TLS begins after a word in the language of the server', async t => {
  const leaf = await makeLeaf(t)
  for (const [protocol, dialogue] of Object.entries({ smtp, imap, pop3 })) {
    await t.test(protocol, async t => {
      const port = await startTlsServer(t, leaf, { dialogue })
      const { code, stdout, stderr } = await check(port, protocol)
      t.equal(code, 0, stderr)
      t.match(stdout, `after STARTTLS of ${protocol}\n`)
    })
  }
})

t.test('a server that does not start TLS is told in one sentence', async t => {
  const leaf = await makeLeaf(t)
  const [ehlo] = smtp.turns
  if (ehlo === undefined) throw new Error('smtp begins with EHLO')
  const cases: readonly { name: string, protocol: string, dialogue: Dialogue, expected: RegExp }[] = [
    { name: 'it does not know the word', protocol: 'smtp', dialogue: { ...smtp, turns: [ehlo, ['STARTTLS\r\n', '502 not implemented\r\n']], then: 'nothing' }, expected: /the server does not start TLS: 502 not implemented \(ENOTSUP\)/ },
    { name: 'IMAP says NO', protocol: 'imap', dialogue: { ...imap, turns: [['a1 STARTTLS\r\n', 'a1 NO today\r\n']], then: 'nothing' }, expected: /a1 NO today \(ENOTSUP\)/ },
    { name: 'it speaks another protocol', protocol: 'pop3', dialogue: { ...imap, then: 'nothing' }, expected: /\* OK IMAP4rev1 \(ENOTSUP\)/ },
    { name: 'it hangs up', protocol: 'imap', dialogue: { greeting: '* OK\r\n', turns: [['a1 STARTTLS\r\n', '* wait\r\n']], then: 'close' }, expected: /closed the connection before TLS began \(ECONNRESET\)/ },
    { name: 'it says nothing', protocol: 'smtp', dialogue: { greeting: '220-wait\r\n', turns: [], then: 'nothing' }, expected: /did not answer within 0\.4 s \(ETIMEDOUT\)/ },
    { name: 'it talks without end', protocol: 'smtp', dialogue: { greeting: '220-la\r\n'.repeat(5000), turns: [], then: 'nothing' }, expected: /talks without end .* \(EPROTO\)/ },
    { name: 'it goes on in plain words after it agreed', protocol: 'pop3', dialogue: { ...pop3, turns: [['STLS\r\n', '+OK begin\r\n+OK 3 messages\r\n']], then: 'nothing' }, expected: /went on talking .* \(EPROTO\)/ }
  ]
  for (const { name, protocol, dialogue, expected } of cases) {
    await t.test(name, async t => {
      const port = await startTlsServer(t, leaf, { dialogue })
      const { code, stdout, stderr } = await check(port, protocol, '--timeout', '0.4')
      t.equal(code, 2)
      t.equal(stdout, '')
      t.match(stderr, expected)
      t.match(stderr, /^clinch: 127\.0\.0\.1:\d+[: ][^\n]+\n$/)
    })
  }
})
