/**
 * The openssl configuration of the demo's intermediate CA, with one section of extensions per kind of certificate.
 * Paths are relative: openssl is run in the folder of the file.
 *
 * @param ocspUrl - the responder that certificates name in their AIA extension
 */
export function opensslConf (ocspUrl: string): string {
  const leaf = `basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = OCSP;URI:${ocspUrl}`

  return `[ca]
default_ca = intermediate

[intermediate]
database = index.txt
new_certs_dir = issued
certificate = intermediate-ca.crt
private_key = intermediate-ca.key
default_md = sha256
default_days = 90
rand_serial = yes
unique_subject = no
policy = any_name

[any_name]
organizationName = optional
commonName = supplied

[req]
distinguished_name = no_questions
[no_questions]

[root_ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash

[intermediate_ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid

[server_rsa]
${leaf}
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:test.com, DNS:*.test.com

[server_ecdsa]
${leaf}
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:test.com, DNS:*.test.com

[client]
${leaf}
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth

# RFC 6960 4.2.2.2: the CA lets this certificate sign its OCSP responses, and nobody need ask whether it is revoked
[ocsp_signer]
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, OCSPSigning
noCheck = ignored
`
}
