import t from 'tap'
import { loadPlugins, ocspStaplingOf } from '@clinch/plugins'
import { compileValidator, extendResourceSchema, SslSchema, type Ssl } from '@clinch/schema'
import { recordLog } from '../support/log-recorder.ts'

const ssl = { cert: 'c'.repeat(128), key: 'k'.repeat(64), sni: 'a.test' }

async function checkSsl (plugins: readonly string[], value: object) {
  const catalog = await loadPlugins(plugins, { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  return compileValidator(extendResourceSchema(SslSchema, catalog.resourceProperties('ssl')), { fillDefaults: true })(value)
}

async function settingsOf (value: object) {
  const result = await checkSsl(['ocsp-stapling'], { ...ssl, ocsp_stapling: value })
  if (result.kind === 'invalid') return result.issue.message
  return ocspStaplingOf(result.value as Ssl & Readonly<Record<string, unknown>>)
}

t.test('the field is unknown while the plugin is not loaded', async t => {
  const result = await checkSsl(['request-id'], { ...ssl, ocsp_stapling: {} })
  t.match(result, { kind: 'invalid', issue: { message: 'additional properties forbidden, found ocsp_stapling' } })
})

t.test('all members have the documented defaults', async t => {
  t.strictSame(await settingsOf({}), {
    enabled: false, skip_verify: false, ssl_stapling_responder: '', ssl_ocsp: 'off', ssl_ocsp_responder: '', cache_ttl: 3600, must_staple: 'serve'
  })
})

t.test('a resource without the field stays without', async t => {
  const result = await checkSsl(['ocsp-stapling'], ssl)
  t.ok(result.kind === 'valid')
  if (result.kind === 'valid') t.equal(ocspStaplingOf(result.value as Ssl & Readonly<Record<string, unknown>>), undefined)
})

t.test('all members can be given', async t => {
  const all = {
    enabled: true,
    skip_verify: true,
    ssl_stapling_responder: 'https://a.test/x',
    ssl_ocsp: 'chain',
    ssl_ocsp_responder: 'http://127.0.0.1:11451/',
    cache_ttl: 60,
    ssl_trusted_certificate: 'c'.repeat(128),
    ssl_stapling_file: 'staples/a.der',
    response_max_age: 3600,
    must_staple: 'refuse'
  }
  t.strictSame(await settingsOf(all), all)
})

t.test('what is wrong is refused, and misspelt members are', async t => {
  const cases: ReadonlyArray<readonly [settings: object, complaint: string | RegExp]> = [
    [{ enable: true }, 'property "ocsp_stapling" validation failed: additional properties forbidden, found enable'],
    [{ enabled: 'true' }, 'property "ocsp_stapling" validation failed: property "enabled" validation failed: wrong type: expected boolean, got string'],
    [{ cache_ttl: 59 }, /expected 59 to be at least 60$/],
    [{ ssl_ocsp: 'all' }, /matches none of the enum values$/],
    [{ ssl_ocsp_responder: 'ldap://a.test' }, /property "ssl_ocsp_responder" validation failed: failed to match pattern/],
    [{ ssl_stapling_responder: 'http://a b' }, /property "ssl_stapling_responder" validation failed: failed to match pattern/],
    [{ ssl_stapling_responder: 'http://' }, /property "ssl_stapling_responder" validation failed: failed to match pattern/],
    [{ ssl_stapling_file: '' }, /string too short/],
    [{ ssl_crl: '' }, /string too short/],
    [{ response_max_age: 0 }, /expected 0 to be at least 1$/],
    [{ must_staple: 'drop' }, /matches none of the enum values$/],
    [{ ssl_trusted_certificate: 'x' }, /string too short/]
  ]
  for (const [settings, complaint] of cases) t.match(await settingsOf(settings), complaint, JSON.stringify(settings))
})

t.test('plugin_attr of the machine has defaults, bounds and no unknown members', async t => {
  const load = async (attr: object) => await loadPlugins(['ocsp-stapling'], { baseDir: import.meta.dirname, attrs: { 'ocsp-stapling': attr }, log: recordLog().log })
  t.strictSame((await load({ skew: 60 })).get('ocsp-stapling')?.attr, {
    skew: 60,
    first_staple_wait: 1,
    responder_timeout: 10,
    client_timeout: 2,
    client_skew: 60,
    max_window: 864_000,
    max_response_size: 65_536,
    allow_sha1_signatures: false,
    delegate_revocation: 'lenient',
    crl_timeout: 30,
    crl_max_interval: 86_400,
    max_crl_size: 20_971_520,
    hash: 'auto',
    nonce: 'off',
    max_in_flight: 64,
    max_in_flight_per_responder: 4,
    aia_allow: [],
    strip_client_cert_fields: true,
    egress_proxy: '',
    resolver: [],
    resolver_timeout: 2,
    responder_ca: 'system',
    cache_dir: '',
    share: true
  })
  for (const [attr, reason] of [
    [{ skew: 901 }, /^plugin_attr\.ocsp-stapling\.skew: .*expected 901 to be at most 900$/],
    [{ first_staple_wait: '1s' }, /^plugin_attr\.ocsp-stapling\.first_staple_wait: .*wrong type/],
    [{ skwe: 60 }, /^plugin_attr\.ocsp-stapling\.skwe: additional properties forbidden, found skwe$/]
  ] as const) t.match((await load(attr)).failures, [{ entry: 'ocsp-stapling', reason }])
})
