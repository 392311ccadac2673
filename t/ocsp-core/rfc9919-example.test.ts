import t from 'tap'
import { buildRequest, findIssuer, parsePemCertificates, staplePolicy, verifyResponse } from '@clinch/ocsp-core'
import { readRequest } from '../support/ocsp-request.ts'
import { pem } from '../support/der.ts'

// The example in the appendix of RFC 9919 (as in draft-ietf-lamps-rfc5019bis-12): issuer, end entity, request, response.
const issuerBase64 = `
MIICKDCCAYqgAwIBAgIBATAKBggqhkjOPQQDBDA4MQswCQYDVQQGEwJYWDEUMBIGA1UECgwLQ2VydHMgJ3IgVXMxEzARBgNVBAMMCklzc3VpbmcgQ0Ew
HhcNMjQwNDAyMTIzNzQ3WhcNMjUwNDAyMTIzNzQ3WjA4MQswCQYDVQQGEwJYWDEUMBIGA1UECgwLQ2VydHMgJ3IgVXMxEzARBgNVBAMMCklzc3Vpbmcg
Q0EwgZswEAYHKoZIzj0CAQYFK4EEACMDgYYABAHQ/XJXqEx0f1YldcBzhdvr8vUr6lgIPbgv3RUx2KrjzIdf8C/3+i2iYNjrYtbS9dZJJ44yFzagYoy7
swMItuYY2wD2KtIExkYDWbyBiriWG/Dw/A7FquikKBc85W8A3psVfB5cgsZPVi/K3vxKTCj200LPPvYW/ILTO3KFySHyvzb92KNCMEAwHQYDVR0OBBYE
FI7CFAlgduqQOOk5rhttUsQXfZ++MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMAoGCCqGSM49BAMEA4GLADCBhwJBbr/1SJiHCgXGEJ7R
+3er1LdWqrdZHgtCwyT7+wFBIJmVswEiom2LGh/oMuu5mD+u/+o1m07vmmZj/+ipGp8TIwkCQgCoZ4bHte6XkFm7hUXascLN7vkv7qKwXyTsCvIDpEDT
RCX8dUFe73jGebitkumRHjVhlBJLo7n3FMJrFHNoeblMbw==`
const endEntityBase64 = `
MIIB2zCCATygAwIBAgIEAarwDTAKBggqhkjOPQQDBDA4MQswCQYDVQQGEwJYWDEUMBIGA1UECgwLQ2VydHMgJ3IgVXMxEzARBgNVBAMMCklzc3Vpbmcg
Q0EwHhcNMjQwNDAyMTIzNzQ3WhcNMjUwNDAyMTIzNzQ3WjAcMRowGAYDVQQDDBF4bi0tMThqNGQuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABEIlSPiPt4L/teyjdERSxyoeVY+9b3O+XkjpMjLMRcWxbEzRDEy41bihcTnpSILImSVymTQl9BQZq36QpCpJQnKjUDBOMB0GA1UdDgQWBBRbcKeY
F/ef9jfS9+PcRGwhCde71DAfBgNVHSMEGDAWgBSOwhQJYHbqkDjpOa4bbVLEF32fvjAMBgNVHRMBAf8EAjAAMAoGCCqGSM49BAMEA4GMADCBiAJCAIot
8SYNFkScrcsY5T81HSmNzhP/0GC87N3WI849CN0qmNa0nMXW8HnDKGR5nv/D9x+T8uLMBlpFUWmHQmXAJPN8AkIBW8A0XsiyPJyZfaZieODmtnoIobZP
+eTLNWkGUFL6uCtLtQmYtrXpLAJfvkE6WYVqCUl495Kx9l6M9TBLK5X6V3w=`
const requestBase64 = `
MGEwXzBdMFswWTANBglghkgBZQMEAgEFAAQgOplGd1aAc6cHv95QGGNF5M1hNNsIXrqh0QQl8DtvCOoEIEdKbKMB8j3J9/cHhwThx/X8lucWdfbtiC56
tlw/WEVDAgQBqvAN`
const responseBase64 = `
MIIDnwoBAKCCA5gwggOUBgkrBgEFBQcwAQEEggOFMIIDgTCBsKIWBBQK46D+ndQldpi163Lrygznvz318RgPMjAyNDA0MDIxMjM3NDdaMIGEMIGBMFkw
DQYJYIZIAWUDBAIBBQAEIDqZRndWgHOnB7/eUBhjReTNYTTbCF66odEEJfA7bwjqBCBHSmyjAfI9yff3B4cE4cf1/JbnFnX27YguerZcP1hFQwIEAarw
DYAAGA8yMDI0MDQwMzEyMzc0N1qgERgPMjAyNDA0MTAxMjM3NDdaMAoGCCqGSM49BAMDA2kAMGYCMQDRmVmiIb4Dm9yEXiv2XtoeQi6ftpjLmlBqqRIi
+3htfF/OyjdHnFuh38cQKYqqrWYCMQDKiPctVu7SQs587d2ZBEHQH20j5AFiGGsbI1b3+C9ZK6NIzgD6DnWlDwpSfilEarOgggJTMIICTzCCAkswggGu
oAMCAQICAQEwCgYIKoZIzj0EAwQwODELMAkGA1UEBhMCWFgxFDASBgNVBAoMC0NlcnRzICdyIFVzMRMwEQYDVQQDDApJc3N1aW5nIENBMB4XDTI0MDQw
MjEyMzc0N1oXDTI1MDQwMjEyMzc0N1owPDELMAkGA1UEBhMCWFgxFDASBgNVBAoMC0NlcnRzICdyIFVzMRcwFQYDVQQDDA5PQ1NQIFJlc3BvbmRlcjB2
MBAGByqGSM49AgEGBSuBBAAiA2IABFsJAbiFIyluuRnVD/oanLN0vE1AlYYoK/7KEbHZWtu1RzSvVwv4K3IozyJrz0wl3bz+Oxo605Qw7/dj4daNLhUd
kXILd5W1jaazRjlhOo+5tajaSMZ0cRf5kZ6EJPN+yKOBhzCBhDAdBgNVHQ4EFgQUCuOg/p3UJXaYtety68oM57899fEwHwYDVR0jBBgwFoAUjsIUCWB2
6pA46TmuG21SxBd9n74wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwkwDwYJKwYBBQUHMAEFBAIFADAKBggq
hkjOPQQDBAOBigAwgYYCQRQqjNYKbGXHdGXfEVvB//i+DiG02hraU9kGNKXeiQcPdZRajQsY/hdZPVyaykkAFVQGv29yWmTrEax+r4oZTtzGAkFJCwtJ
pi7m00Qx9r/ugNWsnCFSiKUdxuvj7mg9lJtz0hexRJZKFODWJG5dUh//Bc2w8vywgYYoduXu4QLcoP17CA==`

const octets = (base64: string): Buffer => Buffer.from(base64, 'base64')
const chain = [endEntityBase64, issuerBase64].map(base64 => pem('CERTIFICATE', octets(base64))).join('')
const thisUpdateMs = Date.UTC(2024, 3, 3, 12, 37, 47)
const nextUpdateMs = Date.UTC(2024, 3, 10, 12, 37, 47)

t.test('the example of RFC 9919 is accepted inside its window', t => {
  const [certificate, issuer] = parsePemCertificates(chain)
  if (certificate === undefined || issuer === undefined) throw new Error('no certificates')
  t.equal(findIssuer(certificate, [certificate, issuer]), issuer)
  const judged = (nowMs: number): unknown => verifyResponse({ der: octets(responseBase64), certificate, issuer, nowMs, policy: { ...staplePolicy, skewMs: 0 } })
  t.match(judged(thisUpdateMs), {
    kind: 'good', thisUpdateMs, nextUpdateMs, usableEndMs: nextUpdateMs, producedAtMs: Date.UTC(2024, 3, 2, 12, 37, 47), hash: 'sha256', warnings: [], signer: { kind: 'delegate', subject: 'C=XX, O=Certs \'r Us, CN=OCSP Responder' }
  })
  t.match(judged(thisUpdateMs - 1), { code: 'OCSP_ERR_NOT_YET_VALID' })
  t.match(judged(nextUpdateMs), { code: 'OCSP_ERR_EXPIRED' })
  t.end()
})

t.test('our request for it is the one of RFC 9919, but for the NULL that RFC 5754 leaves out', t => {
  const [certificate, issuer] = parsePemCertificates(chain)
  if (certificate === undefined || issuer === undefined) throw new Error('no certificates')
  const ours = buildRequest({ certificate, issuer, hash: 'sha256' })
  t.same(readRequest(ours), readRequest(octets(requestBase64)))
  const withoutNull = octets(requestBase64).toString('hex').replace('3061305f305d305b3059300d', '305f305d305b30593057300b').replace('04020105000420', '0402010420')
  t.equal(ours.toString('hex'), withoutNull)
  t.end()
})
