import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { parseCertificate } from '@clinch/ocsp-core'
import { clientVariables } from '../../packages/data-plane/src/tls/client-variables.ts'
import { oid, sequence, set, utf8 } from '../support/der.ts'
import { createAuthority } from '../support/pki.ts'

const nowMs = Date.UTC(2026, 6, 1)
const dayMs = 86_400_000

const [country, organization, commonName, serialNumber] = ['2.5.4.6', '2.5.4.10', '2.5.4.3', '2.5.4.5'] as const
const part = (type: string, text: string): Buffer => sequence(oid(type), utf8(text))
const name = (...parts: ReadonlyArray<Buffer>): Buffer => sequence(...parts)
const ordinary = name(set(part(country, 'DE')), set(part(organization, 'Example GmbH')), set(part(commonName, 'client one')))
const subjects: Readonly<Record<string, Buffer>> = {
  ordinary,
  'with all that must be escaped': name(set(part(organization, 'a, "b" + <c>; d\\e=f #g')), set(part(commonName, ' #lead and trail '))),
  'beyond ASCII': name(set(part(organization, 'Bäckerei 東京')), set(part(commonName, 'é'))),
  'with control characters': name(set(part(commonName, 'line\nfeed\ttab\u0000nul'))),
  'that tries to look like two': name(set(part(commonName, 'a,CN=admin\nO=x + CN=root/CN=b'))),
  'of several values': name(set(part(country, 'DE')), set(part(commonName, 'x'), part(serialNumber, '17'))),
  empty: name()
}

function openssl (pem: string, ...args: string[]): string {
  return execFileSync('openssl', ['x509', '-noout', ...args], { input: pem, encoding: 'utf8' }).replace(/^[^=]*= ?/, '').replace(/\n$/, '')
}

const authority = createAuthority({ subject: ordinary })

for (const [kind, subject] of Object.entries(subjects)) {
  t.test(`a name ${kind} reads as openssl writes it`, async t => {
    const { certPem, certificate } = authority.issue({ subject })
    t.equal(clientVariables.ssl_client_s_dn(certificate), openssl(certPem, '-subject', '-nameopt', 'RFC2253'))
    t.equal(clientVariables.ssl_client_s_dn_legacy(certificate), openssl(certPem, '-subject', '-nameopt', 'compat'))
    t.equal(clientVariables.ssl_client_i_dn(certificate), openssl(certPem, '-issuer', '-nameopt', 'RFC2253'))
    t.equal(clientVariables.ssl_client_i_dn_legacy(certificate), openssl(certPem, '-issuer', '-nameopt', 'compat'))
    t.match(clientVariables.ssl_client_s_dn(certificate), /^[ -~]*$/, 'and fits into a header field')
  })
}

for (const serial of ['01', '00', '0a', '00ff', '7f00000000000000000000000000000000000001']) {
  t.test(`the serial ${serial} reads as openssl writes it`, async t => {
    const { certPem, certificate } = authority.issue({ serial })
    t.equal(clientVariables.ssl_client_serial(certificate), openssl(certPem, '-serial'))
  })
}

t.test('fingerprint, times and the certificate itself are in the notation of nginx', async t => {
  const { certPem, certificate } = authority.issue({ notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + 2.5 * dayMs })
  t.equal(clientVariables.ssl_client_fingerprint(certificate), openssl(certPem, '-fingerprint', '-sha1').replaceAll(':', '').toLowerCase())
  t.equal(clientVariables.ssl_client_v_start(certificate), 'Jun 30 00:00:00 2026 GMT')
  t.equal(clientVariables.ssl_client_v_end(certificate), 'Jul  3 12:00:00 2026 GMT')
  const remaining: ReadonlyArray<readonly [atMs: number, days: string]> = [[nowMs, '2'], [nowMs + 1.5 * dayMs, '1'], [nowMs + 2 * dayMs, '0'], [nowMs + 99 * dayMs, '0']]
  for (const [atMs, days] of remaining) t.equal(clientVariables.ssl_client_v_remain(certificate, atMs), days)

  const raw = clientVariables.ssl_client_raw_cert(certificate)
  t.ok(new X509Certificate(raw).raw.equals(certificate.der))
  t.ok(raw.endsWith('-----END CERTIFICATE-----\n'))
  t.equal(decodeURIComponent(clientVariables.ssl_client_escaped_cert(certificate)), raw)
  t.match(clientVariables.ssl_client_escaped_cert(certificate), /^[\w%.~-]+$/)
  t.equal(clientVariables.ssl_client_cert(certificate), raw.trimEnd().replaceAll('\n', '\n\t'))
})

t.test('the texts of a connection are made once', async t => {
  const certificate = parseCertificate(authority.issue().certDer)
  clientVariables.ssl_client_s_dn(certificate)
  certificate.der.fill(0) // who would read it again would fail
  t.match(clientVariables.ssl_client_i_dn(certificate), 'CN=client one')
})
