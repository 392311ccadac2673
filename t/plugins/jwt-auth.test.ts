import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, type JWTPayload } from 'jose'
import { loadPlugins } from '@clinch/plugins'
import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import type { FakeRequest } from '../support/request-context.ts'
import { askAs, passedOn, unauthorized } from './ask-as.ts'
import { complaintAbout, runPlugin, type Surroundings } from './run-plugin.ts'

const nowSeconds = 1_800_000_000
const secret = 'a secret of jack, long enough for all'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const largeRsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed25519 = generateKeyPairSync('ed25519')
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

const credential = (more: object = {}) => ({ key: 'jack-key', secret, algorithm: 'HS256', exp: 86400, base64_secret: false, lifetime_grace_period: 0, ...more })
const answer = (message: string) => unauthorized('Bearer realm="jwt"', message)
const unverified = answer('failed to verify jwt')

async function sign (payload: JWTPayload = {}, alg = 'HS256', key: KeyObject | Uint8Array = Buffer.from(secret), header = {}): Promise<string> {
  return await new SignJWT({ key: 'jack-key', ...payload }).setProtectedHeader({ alg, typ: 'JWT', ...header }).sign(key)
}

async function run (conf: object = {}, surroundings: Surroundings = {}) {
  return await runPlugin('jwt-auth', conf, { now: () => nowSeconds * 1000 + 999, ...surroundings })
}

async function ask (token: string, conf: object = {}, held: object = credential()) {
  return await askAs(await run(conf), { jack: { ...held }, guest: {} }, { fields: ['Authorization', `Bearer ${token}`] })
}

const algorithms: ReadonlyArray<readonly [alg: string, pair: { readonly publicKey: KeyObject, readonly privateKey: KeyObject }]> = [
  ['RS256', rsa], ['RS384', rsa], ['RS512', largeRsa], ['PS256', rsa], ['PS384', largeRsa], ['PS512', largeRsa],
  ['ES256', p256], ['ES384', p384], ['ES512', p521], ['EdDSA', ed25519]
]

for (const [alg, { publicKey, privateKey }] of algorithms) {
  t.test(`${alg}: a good signature passes, another does not`, async t => {
    const held = credential({ algorithm: alg, public_key: pemOf(publicKey), secret: undefined })
    const token = await sign({}, alg, privateKey)
    t.match(await ask(token, {}, held), { response: undefined, consumer: 'jack' })
    t.match(await ask(broken(token), {}, held), { response: unverified, consumer: undefined })
  })
}

for (const alg of ['HS256', 'HS384', 'HS512']) {
  t.test(`${alg}: a good signature passes, another does not`, async t => {
    const token = await sign({}, alg)
    t.match(await ask(token, {}, credential({ algorithm: alg })), { response: undefined, consumer: 'jack' })
    t.match(await ask(broken(token), {}, credential({ algorithm: alg })), { response: unverified, consumer: undefined })
    t.match(await ask(await sign({}, alg, Buffer.from('another secret')), {}, credential({ algorithm: alg })), { response: unverified })
  })
}

t.test('the algorithm is the one of the consumer, whatever the token says', async t => {
  const pem = pemOf(rsa.publicKey)
  const held = credential({ algorithm: 'RS256', public_key: pem })
  t.match(await ask(await sign({}, 'HS256', Buffer.from(pem)), {}, held), { response: unverified }, 'signed with the text of the public key')
  t.match(await ask(await sign({}, 'HS256'), {}, held), { response: unverified }, 'signed with a secret that is not in use')
  t.match(await ask(await sign({}, 'RS384', rsa.privateKey), {}, held), { response: unverified })
  t.match(await ask(await sign({}, 'HS512')), { response: unverified })
  const none = [{ alg: 'none' }, { key: 'jack-key' }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  t.match(await ask(`${none}.`), { response: answer('JWT token invalid') })
  t.match(await ask(`${none}.AAAA`), { response: unverified })
})

t.test('an extension that must be understood is not, so the token is refused', async t => {
  const parts = [{ alg: 'HS256', crit: ['shop'], shop: 1 }, { key: 'jack-key' }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
  t.match(await ask(`${parts.join('.')}.AAAA`), { response: unverified })
})

t.test('a secret may be base64, with or without padding', async t => {
  const token = await sign({}, 'HS256', Buffer.from('octets \x00\xff', 'latin1'))
  const encoded = Buffer.from('octets \x00\xff', 'latin1').toString('base64')
  for (const text of [encoded, encoded.replaceAll('=', '')]) {
    t.match(await ask(token, {}, credential({ secret: text, base64_secret: true })), { response: undefined, consumer: 'jack' })
  }
  t.match(await ask(token, {}, credential({ secret: encoded })), { response: unverified })
  t.match(await ask(token, {}, credential({ secret: '*', base64_secret: true })), { response: unverified }, 'one that cannot be read')
})

const times: ReadonlyArray<readonly [behaviour: string, claims: JWTPayload, graceSeconds: number, toVerify: readonly string[] | undefined, isGood: boolean]> = [
  ['a token without times', {}, 0, undefined, true],
  ['an empty list', {}, 0, [], true],
  ['exp ahead', { exp: nowSeconds + 1 }, 0, undefined, true],
  ['exp now', { exp: nowSeconds }, 0, undefined, false],
  ['exp behind', { exp: nowSeconds - 1 }, 0, [], false],
  ['exp behind, within the grace', { exp: nowSeconds - 9 }, 10, undefined, true],
  ['exp behind, at the end of the grace', { exp: nowSeconds - 10 }, 10, undefined, false],
  ['nbf behind', { nbf: nowSeconds - 1 }, 0, undefined, true],
  ['nbf now', { nbf: nowSeconds }, 0, undefined, true],
  ['nbf ahead', { nbf: nowSeconds + 1 }, 0, undefined, false],
  ['nbf ahead, within the grace', { nbf: nowSeconds + 10 }, 10, undefined, true],
  ['nbf ahead, behind the grace', { nbf: nowSeconds + 11 }, 10, undefined, false],
  ['exp listed and there', { exp: nowSeconds + 1 }, 0, ['exp'], true],
  ['exp listed and missing', { nbf: nowSeconds }, 0, ['exp'], false],
  ['both listed and there', { exp: nowSeconds + 1, nbf: nowSeconds }, 0, ['exp', 'nbf'], true],
  ['both listed and one missing', { exp: nowSeconds + 1 }, 0, ['exp', 'nbf'], false],
  ['what is not listed counts when it is there', { exp: nowSeconds - 1, nbf: nowSeconds }, 0, ['nbf'], false],
  ['exp as a text', { exp: String(nowSeconds + 9) as unknown as number }, 0, undefined, false],
  ['nbf as null', { nbf: null as unknown as number }, 0, undefined, false]
]

for (const [behaviour, claims, grace, toVerify, isGood] of times) {
  t.test(`${isGood ? 'lets pass' : 'refuses'}: ${behaviour}`, async t => {
    const conf = toVerify === undefined ? {} : { claims_to_verify: toVerify }
    t.strictSame((await ask(await sign(claims), conf, credential({ lifetime_grace_period: grace }))).response, isGood ? undefined : unverified)
  })
}

t.test('who is meant is said in a claim', async t => {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const withPayload = (payload: unknown) => `${encode({ alg: 'HS256' })}.${encode(payload)}.AAAA`
  const cases: ReadonlyArray<readonly [payload: unknown, message: string]> = [
    [{}, 'missing user key in JWT token'], [{ key: null }, 'missing user key in JWT token'], [{ Key: 'jack-key' }, 'missing user key in JWT token'],
    [{ key: 'jill-key' }, 'Invalid user key in JWT token'], [{ key: '' }, 'Invalid user key in JWT token'], [{ key: 7 }, 'Invalid user key in JWT token'],
    [{ key: ['jack-key'] }, 'Invalid user key in JWT token']
  ]
  for (const [payload, message] of cases) t.match(await ask(withPayload(payload), {}, credential()), { response: answer(message), consumer: undefined })
  t.match(await ask(await sign({ key: 'x', iss: 'jack-key' }), { key_claim_name: 'iss' }), { response: undefined, consumer: 'jack' })
  t.match(await ask(await sign(), { key_claim_name: 'constructor' }), { response: answer('missing user key in JWT token') })
})

t.test('what is no token is invalid', async t => {
  const token = await sign()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const text = Buffer.from('"text"').toString('base64url')
  for (const bad of ['', 'x', 'a.b', `${header}.${payload}`, `${token}.x`, `${header}.${payload}.${signature}=`, `${header}.${payload}. `, `${header}. .${signature}`, `x.${payload}.${signature}`, `${header}.x.${signature}`, `${text}.${payload}.x`, `${header}.${text}.x`, `${header}.${payload}.${signature}.a.b`, `Bearer ${token}`]) {
    t.match(await ask(bad), { response: answer('JWT token invalid'), consumer: undefined }, bad)
  }
})

t.test('a token is looked for in the header, the query and the cookie, in this order, and taken out where it was', async t => {
  const token = await sign()
  const target = `/?a=1&jwt=${token}`
  const cookie = `x=1; jwt=${token}; y=2`
  const variables = { cookie_jwt: token }
  const held = { jack: credential() }
  const hiding = await run({ hide_credentials: true })
  const cases: ReadonlyArray<readonly [request: FakeRequest, target: string, fields: readonly string[]]> = [
    [{ target, fields: ['authorization', token, 'cookie', cookie], variables }, target, ['cookie', cookie]],
    [{ target, fields: ['cookie', cookie], variables }, '/?a=1', ['cookie', cookie]],
    [{ fields: ['cookie', cookie], variables }, '/', ['Cookie', 'x=1; y=2']],
    [{ fields: ['cookie', `jwt=${token}`], variables }, '/', []],
    ...['Bearer ', 'bearer ', ''].map(scheme => [{ fields: ['Authorization', scheme + token] }, '/', []] as const)
  ]
  for (const [request, target, fields] of cases) {
    t.strictSame(passedOn(await askAs(hiding, held, request)), { status: undefined, consumer: 'jack', target, fields })
    t.strictSame(passedOn(await askAs(await run(), held, request)), { status: undefined, consumer: 'jack', target: request.target ?? '/', fields: request.fields ?? [] })
  }
  t.match(await askAs(hiding, held, { fields: ['Authorization', `BEARER ${token}`] }), { response: answer('JWT token invalid') })
  t.match(await askAs(await run({ header: 'X-T', query: 'q', cookie: 'c' }), held, { target: `/?q=${token}`, fields: ['Authorization', 'Basic x'], variables }), { consumer: 'jack' })
  t.match(await askAs(await run({ cookie: 'c' }), held, { variables }), { response: answer('Missing JWT token in request') })
  t.strictSame(passedOn(await askAs(hiding, held, { target: `/?jwt=${token}&jwt=${token}` })), { status: 401, consumer: undefined, target: '/', fields: [] })
})

t.test('an anonymous consumer stands in, whatever was wrong', async t => {
  const conf = { anonymous_consumer: 'guest' }
  for (const token of ['x', await sign({ key: 'who' }), await sign({ exp: 1 })]) t.match(await ask(token, conf), { response: undefined, consumer: 'guest' })
  t.match(await askAs(await run(conf), { guest: {} }), { consumer: 'guest' })
})

t.test('store_in_ctx keeps the verified payload for later plugins', async t => {
  const { notes } = await ask(await sign({ role: 'admin' }), { store_in_ctx: true })
  t.match(notes.get('jwt_auth_payload'), { key: 'jack-key', role: 'admin' })
  t.equal((await ask(await sign({ role: 'admin' }))).notes.size, 0)
  t.equal((await ask(await sign({ exp: 1 }), { store_in_ctx: true, anonymous_consumer: 'guest' })).notes.size, 0)
})

t.test('the log says why, and nothing of the token', async t => {
  const recorder = recordLog('debug')
  const phases = await run({}, { recorder })
  const tokens = ['canary', await sign({ key: 'canary' }), await sign({ exp: 1, canary: 1 }), broken(await sign()), await sign({}, 'HS512')]
  for (const token of tokens) await askAs(phases, { jack: credential() }, { fields: ['Authorization', token] })
  t.strictSame(recorder.messages(40), [
    'failed to parse jwt: not three base64url parts with JSON',
    'failed to find consumer: nobody has the key of this token',
    'failed to verify jwt: ERR_JWT_EXPIRED',
    'failed to verify jwt: ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'failed to verify jwt: ERR_JOSE_ALG_NOT_ALLOWED'
  ])
  for (const text of ['canary', ...tokens, secret]) t.notOk(JSON.stringify(recorder.lines).includes(text))
})

t.test('what a consumer holds is checked when it is written', async t => {
  const catalog = await loadPlugins(['jwt-auth'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  const complaintAboutHeld = (conf: object): string | undefined => {
    const checked = catalog.get('jwt-auth')?.checkConsumerConf({ key: 'k', ...conf })
    return checked?.kind === 'invalid' ? checked.message : undefined
  }
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const cases: ReadonlyArray<readonly [conf: object, complaint: string | undefined]> = [
    [{ secret: 's' }, undefined],
    [{}, 'property "secret" is required when using HS based algorithms'],
    [{ key: '', secret: 's' }, 'property "key" validation failed: string too short, expected at least 1, got 0'],
    [{ secret: '' }, 'property "secret" validation failed: string too short, expected at least 1, got 0'],
    [{ algorithm: 'HS1', secret: 's' }, 'property "algorithm" validation failed: matches none of the enum values'],
    [{ secret: 'no base64', base64_secret: true }, 'base64_secret required but the secret is not in base64 format'],
    [{ secret: 'aaaaa', base64_secret: true }, 'base64_secret required but the secret is not in base64 format'],
    [{ secret: 'YWI=', base64_secret: true }, undefined],
    [{ secret: 's', exp: 0 }, 'property "exp" validation failed: expected 0 to be at least 1'],
    [{ secret: 's', lifetime_grace_period: -1 }, 'property "lifetime_grace_period" validation failed: expected -1 to be at least 0'],
    [{ algorithm: 'RS256', secret: 's' }, 'missing valid public key'],
    [{ algorithm: 'RS256', public_key: '' }, 'missing valid public key'],
    [{ algorithm: 'RS256', public_key: 'x' }, 'missing valid public key: public_key is not a public key in PEM'],
    [{ algorithm: 'RS256', public_key: pemOf(rsa.publicKey) }, undefined],
    [{ algorithm: 'RS256', public_key: rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) }, undefined],
    [{ algorithm: 'RS256', public_key: pemOf(small) }, 'missing valid public key: RS256 needs an RSA key of at least 2048 bits'],
    [{ algorithm: 'PS512', public_key: pemOf(p256.publicKey) }, 'missing valid public key: PS512 needs an RSA key of at least 2048 bits'],
    [{ algorithm: 'ES256', public_key: pemOf(p384.publicKey) }, 'missing valid public key: ES256 needs an EC key on P-256'],
    [{ algorithm: 'ES512', public_key: pemOf(rsa.publicKey) }, 'missing valid public key: ES512 needs an EC key on P-521'],
    [{ algorithm: 'EdDSA', public_key: pemOf(p256.publicKey) }, 'missing valid public key: EdDSA needs an Ed25519 key'],
    [{ secret: '$env://JWT_SECRET', base64_secret: true }, undefined],
    [{ algorithm: '$env://JWT_ALGORITHM' }, undefined],
    [{ algorithm: 'ES256', public_key: '$secret://vault/1/jack/pem' }, undefined]
  ]
  for (const [conf, complaint] of cases) t.equal(complaintAboutHeld(conf), complaint)
})

t.test('a configuration that could not work is refused', async t => {
  const complaints: ReadonlyArray<readonly [conf: object, complaint: string]> = [
    [{ header: 'a:b' }, 'invalid header: a:b'],
    [{ key_claim_name: '' }, 'property "key_claim_name" validation failed: string too short, expected at least 1, got 0'],
    [{ claims_to_verify: ['iat'] }, 'property "claims_to_verify" validation failed: failed to validate item 1: matches none of the enum values'],
    [{ claims_to_verify: ['exp', 'exp'] }, 'property "claims_to_verify" validation failed: expected unique items but items 1 and 2 are equal']
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('jwt-auth', conf), complaint)
})

/** The token with another signature of the same length. */
function broken (token: string): string {
  const at = token.lastIndexOf('.') + 1
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}
