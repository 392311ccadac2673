import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

/** A file of t/, and the names of tests in it, or of rows of its tables. */
type Shown = readonly [file: string, ...tests: readonly string[]]

/** The checklist of data-plane.md 8: where each row is shown. What is different on purpose stands with the row. */
const rows: ReadonlyArray<readonly [scenario: string, shown: readonly Shown[]]> = [
  ['1. no SNI, with and without fallback_sni; alert 80 is one of two that can be chosen', [
    ['gateway/tls.test.ts', 'a client that names no host gets the fallback name, or an alert'],
    ['gateway/tls-conformance.test.ts', '1. without SNI, and for a name that nobody has, alert 80 where that is configured']
  ]],
  ['2. SNI in capitals and with a final dot, on both sides', [['gateway/tls-conformance.test.ts', '2. capitals and a final dot are no difference, on either side']]],
  ['3. a name of two labels against a wildcard', [['gateway/tls-conformance.test.ts', '3. a wildcard stands for one label, however long the other names of its resource are']]],
  ['4. status 0, then 1', [['gateway/tls.test.ts', 'status 0 takes a name out of service, status 1 brings it back, without a restart']]],
  ['5. RSA and ECDSA, each with its staple', [['gateway/stapling.test.ts', '95. RSA and ECDSA for one name; clients of either kind, TLS 1.2 and 1.3: each gets the staple of the certificate it got']]],
  ['6. protocols of a name, wider and narrower than the global ones', [
    ['gateway/tls.test.ts', 'a resource has its own protocol versions'],
    ['gateway/tls-conformance.test.ts', '6. a resource may allow more than all others']
  ]],
  ['7. mTLS without a certificate', [['gateway/tls.test.ts', 'ends the handshake of a client without one']]],
  ['8. mTLS with another CA; node ends the connection and has no way to send alert 48', [['gateway/tls.test.ts', 'hangs up on a client of another CA before its first request']]],
  ['9. skip_mtls_uri_regex', [
    ['gateway/tls.test.ts', 'paths of skip_mtls_uri_regex need no client certificate, all others do'],
    ['gateway/tls-conformance.test.ts', '9. a path of skip_mtls_uri_regex is for everybody, any other for a certificate that verifies']
  ]],
  ['10. the Host wants mTLS, the SNI does not', [['gateway/tls.test.ts', 'is not to be had under the name of another']]],
  ['11. a session of one name for another that wants mTLS', [['gateway/tls.test.ts', 'does not resume a session of another name', 'does not resume a session from before a change of the resource']]],
  ['12. the OCSP table, as ocsp.md has it', [
    ['data-plane/staple-decision.test.ts', '1. a client that did not ask gets nothing', '8. revoked: nothing', '9. unknown only: nothing', '14. no AIA: nothing'],
    ['gateway/stapling.test.ts', 'switched off, no response is sent', 'a client that does not ask gets none', 'a revoked and an unknown certificate are not stapled, and the log says why', 'with skip_verify they are stapled as they came', 'a response that somebody else signed is not stapled', 'ssl_stapling_responder is asked instead of the one that the certificate names'],
    ['gateway/ocsp-hostile-responder.test.ts', 'whatever a responder does: what it sends is never stapled, and the staple that is held stays in use', '1. a response for another serial', '41. nextUpdate past beyond the skew', '63. tryLater', '67. octets that are no response', '70. an empty body', '74. 404']
  ]],
  ['13. ocsp_stapling in an ssl without the plugin', [
    ['gateway/reload.test.ts', 'not loaded: the field is refused'],
    ['admin-api/ssls.test.ts', 'without its plugin ocsp_stapling is an unknown member, from one reload to the next']
  ]],
  ['14. a plugin comes and goes with a reload', [['gateway/reload.test.ts', 'loaded by a reload: it is taken, stored with its defaults, and stapled at once', 'taken out by a reload: the certificate is served without a staple']]],
  ['15. OCSP of clients: good, revoked, unknown, responder down, off', [['gateway/client-certificates.test.ts', 'good passes', 'revoked gets the certificate error page with 400', 'unknown gets 400', 'when the responder is down, a client that was never asked about is refused, one that is known passes', 'ssl_ocsp off turns every check off']]],
  ['16. one plugin in a global rule and on the route', [['data-plane/references.test.ts', 'global rules run for every request, before the plugins of the route, and where there is no route']]],
  ['17. one plugin in two global rules', [['data-plane/references.test.ts', 'of a plugin that two global rules have none runs, and the log says so']]],
  ['18. _meta', [
    ['data-plane/plugin-phases.test.ts', '_meta of an instance', 'a filter decides once for the whole request', 'error_response stands in for the body of refusals, and for no other'],
    ['data-plane/references.test.ts', '_meta.disable on a route switches off the plugin that its service has']
  ]],
  ['19. a plugin that is not loaded: Admin API, etcd, file', [
    ['admin-api/routes.test.ts', 'a disabled plugin may be configured wrongly, an unknown one may not be there'],
    ['data-plane/plugin-phases.test.ts', 'a route whose plugin cannot be made is not served without it'],
    ['gateway/file-provider.test.ts', 'unknown plugin [cors]']
  ]],
  ['20. exact path, prefix, priority', [['data-plane/route-matching.test.ts', 'which of several routes']]],
  ['21. a route with a host against one without, under each matcher', [['data-plane/route-matching.test.ts', 'a route with the host wins over one without, whatever their paths', 'with the path first, a longer path without a host wins over a shorter one with']]],
  ['22. no route', [['data-plane/routing.test.ts', 'no route is 404 with the answer of APISIX, whatever the method']]],
  ['23. all nodes refuse', [['data-plane/failures.test.ts', 'every node is tried once before that']]],
  ['24. read timeout', [['data-plane/failures.test.ts', 'an upstream that does not answer in time is a 504 page']]],
  ['25. retries', [['data-plane/retries.test.ts', 'how many attempts there are: one and the retries, and none without a node that was not tried']]],
  ['26. chash when nodes go and fall ill', [['data-plane/chash.test.ts', 'when a node is removed only its own keys move', 'when a node is out only its own keys move, and they come back']]],
  ['27. pass_host, with retries', [
    ['data-plane/forwarding.test.ts', 'the host that the upstream sees'],
    ['data-plane/retries.test.ts', 'the host is worked out for every attempt']
  ]],
  ['28. forwarded fields with and without trust', [['data-plane/forwarding.test.ts', 'what a peer says of forwarding depends on trust', 'the upstream learns who asked, how and for what']]],
  ['29. WebSocket on and off', [['data-plane/websocket.test.ts', 'a connection that both sides upgrade carries bytes both ways', 'without enable_websocket the upstream sees a plain request']]],
  ['30. passive health checks alone', [['gateway/health-checks.test.ts', 'passive checks alone are refused']]]
]

t.test('every row of the checklist has a number of its own', t => {
  t.same(rows.map(([scenario]) => parseInt(scenario)), Array.from({ length: 30 }, (_, at) => at + 1))
  t.end()
})

for (const [scenario, shown] of rows) {
  t.test(`${scenario}: is shown where the table says`, async t => {
    for (const [file, ...tests] of shown) {
      const source = (await readFile(join(import.meta.dirname, '..', file), 'utf8')).replaceAll("\\'", "'")
      for (const name of tests) t.ok(source.includes(`'${name}'`), `${file}: ${name}`)
    }
  })
}
