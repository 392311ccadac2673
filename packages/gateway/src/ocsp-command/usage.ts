export const usage = `Usage: clinch ocsp check HOST[:PORT] [options]
       clinch ocsp check --cert FILE --issuer FILE [options]
       clinch ocsp explain RESPONSE --cert FILE --issuer FILE [--json]

check HOST    connects, verifies the stapled response as a strict browser would, then asks the responder and compares
check --cert  asks the responder about a certificate, and names each rule that its answer was judged by
explain       names each rule that a response in a file passes or fails

Options
  --servername NAME     name to ask the server for (default: HOST if it is a name)
  --starttls PROTOCOL   smtp, imap or pop3 (default ports 25, 143 and 110; without it 443)
  --tls1.2              no newer TLS than 1.2
  --ca FILE             trust anchors (default: the system's)
  --cert FILE           the certificate; the chain may follow it
  --issuer FILE         the certificate that issued it, if it does not come with the certificate
  --responder URL       ask this one instead of those in the certificate
  --no-ask              do not ask the responder
  --timeout SECONDS     for the connection, and again for the responder (default: 10)
  --json                one JSON object
  -h, --help            this text

Files are PEM or DER; the response is DER.
Exit status: 0 good, 1 not good, 2 could not tell. docs/ocsp-command.md has the details.
`
