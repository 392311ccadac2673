import { createHash, createHmac, createVerify, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createEnvironmentVariables } from '../../packages/gateway/src/secrets/environment-variables.ts'
import { createSecretHttp } from '../../packages/gateway/src/secrets/managers/secret-http.ts'
import { parseReference } from '../../packages/gateway/src/secrets/reference.ts'
import { memberOf, type Fetched } from '../../packages/gateway/src/secrets/secret-document.ts'
import { createSecretManagers } from '../../packages/gateway/src/secrets/secret-managers.ts'
import { refusingNode } from '../support/upstream.ts'
import { startVault } from '../support/vault.ts'

type Ask = (managerId: string, path: string, conf: unknown) => Promise<Fetched>

function managers (t: Test, variables: Record<string, string> = {}, baseDir = '/'): Ask {
  const http = createSecretHttp()
  t.teardown(() => http.close())
  const asking = createSecretManagers({ environment: createEnvironmentVariables(undefined, variables), http, baseDir })
  return (managerId, path, conf) => asking.ask({ managerId, path }, conf === undefined ? undefined : typeof conf === 'string' ? conf : JSON.stringify(conf))
}

t.test('references are taken apart', async t => {
  const malformed = { kind: 'malformed' }
  for (const [text, parsed] of [
    ['$env://NAME', { kind: 'environment', name: 'NAME', member: undefined }],
    ['$ENV://NAME/', { kind: 'environment', name: 'NAME', member: undefined }],
    ['$Env://NAME/a/b', { kind: 'environment', name: 'NAME', member: 'a/b' }],
    ['$env://', malformed],
    ['$env:///a', malformed],
    ['$secret://vault/1/jack/key', { kind: 'secret', document: { managerId: 'vault/1', path: 'jack' }, member: 'key' }],
    ['$secret://vault/1/a/b/c/key', { kind: 'secret', document: { managerId: 'vault/1', path: 'a/b/c' }, member: 'key' }],
    ['$secret://aws/1/jack', { kind: 'secret', document: { managerId: 'aws/1', path: 'jack' }, member: undefined }],
    ['$secret://gcp/1/jack/key', { kind: 'secret', document: { managerId: 'gcp/1', path: 'jack' }, member: 'key' }],
    ['$secret://vault/1/key', malformed],
    ['$secret://vault/1', malformed],
    ['$secret://vault', malformed],
    ['$secret:///1/a/b', malformed],
    ['$secret://vault/1/a/', malformed],
    ['$secret://vault/1//key', malformed],
    ['$secret://vault/1/../../sys/seal/key', malformed],
    ['$secret://vault/1/./key', malformed]
  ] as const) t.match(parseReference(text), parsed, text)
})

t.test('a member is a text, a number or a boolean of a JSON object', async t => {
  for (const [document, member, text] of [
    ['plain', undefined, 'plain'], ['{"a":"b"}', 'a', 'b'], ['{"a":1}', 'a', '1'], ['{"a":true}', 'a', 'true'], [{ a: 'b' }, 'a', 'b'],
    ['{"a":"b"}', 'c', undefined], ['{"a":{}}', 'a', undefined], ['{"a":null}', 'a', undefined], ['[1]', '0', undefined], ['no json', 'a', undefined],
    [{ a: 'b' }, undefined, undefined], ['{}', '__proto__', undefined], [{}, 'constructor', undefined]
  ] as const) {
    const result = memberOf(document, member)
    t.equal(result.kind === 'text' ? result.text : undefined, text, JSON.stringify([document, member]))
  }
})

t.test('nginx_config.envs says which variables can be named', async t => {
  const environment = { SHOWN: 'a', HIDDEN: 'b', JSON: '{"member":"c"}' }
  const all = createEnvironmentVariables(undefined, environment)
  t.match([all.read('SHOWN'), all.read('HIDDEN'), all.read('JSON', 'member')], [{ text: 'a' }, { text: 'b' }, { text: 'c' }])
  t.match(all.read('NONE'), { kind: 'missing', reason: 'there is no such environment variable' })
  const some = createEnvironmentVariables(['SHOWN', 'SET=x=y', 'UNSET'], environment)
  t.match([some.read('SHOWN'), some.read('SET')], [{ text: 'a' }, { text: 'x=y' }])
  t.match(some.read('HIDDEN'), { kind: 'missing', reason: 'the variable is not listed in nginx_config.envs' })
  t.match(some.read('UNSET'), { kind: 'missing', reason: 'there is no such environment variable' })
})

t.test('vault: KV of both versions, paths below a prefix, token out of the environment', async t => {
  const vault = await startVault(t)
  const ask = managers(t, { TOKEN: vault.token })
  vault.put('kv', 'apisix/jack', { key: 'one' })
  vault.put('kv', 'apisix/a b/ü', { key: 'spaced' })
  vault.put('kv2', 'apisix/jack', { key: 'two', data: 'x' })
  const conf = { id: 'vault/1', uri: vault.uri, prefix: 'kv/apisix', token: vault.token }
  t.match(await ask('vault/1', 'jack', conf), { kind: 'document', document: { key: 'one' } })
  t.match(await ask('vault/1', 'a b/ü', conf), { kind: 'document', document: { key: 'spaced' } })
  t.match(await ask('vault/1', 'jack', { ...conf, uri: `${vault.uri}/`, prefix: '/kv/apisix/', token: '$ENV://TOKEN' }), { kind: 'document' })
  t.strictSame(await ask('vault/1', 'jack', { ...conf, prefix: 'kv2/data/apisix' }), { kind: 'document', document: { key: 'two', data: 'x' } })
  t.strictSame(vault.asked.slice(0, 2), ['/v1/kv/apisix/jack', '/v1/kv/apisix/a%20b/%C3%BC'])
})

t.test('vault: a namespace is sent as a header', async t => {
  const vault = await startVault(t, { namespace: 'team-a' })
  vault.put('kv', 'jack', { key: 'x' })
  const ask = managers(t)
  const conf = { uri: vault.uri, prefix: 'kv', token: vault.token }
  t.match(await ask('vault/1', 'jack', { ...conf, namespace: 'team-a' }), { kind: 'document' })
  t.match(await ask('vault/1', 'jack', conf), { kind: 'unavailable', reason: /403/ })
})

t.test('vault: what is not there is missing, what cannot be known is unavailable, and neither quotes a secret', async t => {
  const vault = await startVault(t)
  const ask = managers(t)
  const conf = { uri: vault.uri, prefix: 'kv', token: vault.token }
  vault.put('kv2', 'jack', { key: 'x' })
  vault.remove('kv2', 'jack')
  const answers: Fetched[] = []
  const answerTo = async (path: string, changed: unknown = {}) => {
    const answer = await ask('vault/1', path, typeof changed === 'object' ? { ...conf, ...changed } : changed)
    answers.push(answer)
    return answer
  }
  t.match(await answerTo('nobody'), { kind: 'missing', reason: 'vault has nothing there (404)' })
  t.match(await answerTo('jack', { prefix: 'kv2/data' }), { kind: 'missing' }, 'a deleted version')
  t.match(await answerTo('jack', { prefix: 'kv2' }), { kind: 'unavailable', reason: /version 2, its prefix must go on with data/ })
  t.match(await answerTo('jack', { token: 'hvs.wrong-canary' }), { kind: 'unavailable', reason: /403 \(permission denied/ })
  t.match(await answerTo('jack', { token: 'not a\r\nheader-canary' }), { kind: 'unavailable' })
  t.match(await answerTo('jack', { token: '$env://NONE' }), { kind: 'unavailable', reason: /\$env:\/\/NONE: there is no such environment variable/ })
  t.match(await answerTo('jack', { prefix: 'kv/../sys' }), { kind: 'unavailable', reason: /segment/ })
  t.match(await answerTo('jack', { uri: `http://${await refusingNode()}` }), { kind: 'unavailable', reason: 'vault: it cannot be asked: ECONNREFUSED' })
  t.match(await answerTo('jack', { uri: 'nowhere' }), { kind: 'unavailable', reason: 'secrets/vault/1: uri does not fit the schema' })
  t.match(await answerTo('jack', 'init_dir'), { kind: 'unavailable' })
  t.match(await ask('vault/1', 'jack', undefined), { kind: 'missing', reason: 'there is no object secrets/vault/1' })
  t.match(await ask('nope/1', 'jack', conf), { kind: 'missing', reason: 'there is no secret manager nope' })
  for (const [behaviour, reason] of [['sealed', /503 \(sealed/], ['broken', /no secret/], ['huge', /more than 1048576 octets/]] as const) {
    vault.behave(behaviour)
    t.match(await answerTo('jack'), { kind: 'unavailable', reason })
  }
  t.notMatch(JSON.stringify(answers), /canary/)
})

t.test('vault: one that says nothing is given up after five seconds, and at once when the gateway stops', async t => {
  const vault = await startVault(t)
  vault.behave('slow')
  const conf = JSON.stringify({ uri: vault.uri, prefix: 'kv', token: vault.token })
  const http = createSecretHttp()
  const asking = createSecretManagers({ environment: createEnvironmentVariables([], {}), http, baseDir: '/' })
  t.match(await asking.ask({ managerId: 'vault/1', path: 'a' }, conf), { kind: 'unavailable', reason: 'vault: it did not answer within 5000 ms' })
  const startedMs = Date.now()
  const waiting = asking.ask({ managerId: 'vault/1', path: 'a' }, conf)
  await http.close()
  t.match(await waiting, { kind: 'unavailable' })
  t.ok(Date.now() - startedMs < 4000)
})

interface Asked { readonly method: string, readonly url: string, readonly headers: IncomingMessage['headers'], readonly body: string }

async function startService (t: Test, answer: (asked: Asked) => [status: number, body: unknown]): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => {
      const [status, json] = answer({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

/** Signature Version 4 as AWS documents it, worked out from what arrived. */
function awsSignature ({ method, headers, body }: Asked, secret: string): string {
  const [, scope = '', signed = ''] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? []
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = [method, '/', '', ...signed.split(';').map(name => `${name}:${String(headers[name])}`), '', signed, hash(body)].join('\n')
  const key = scope.split('/').reduce<Buffer>((from, part) => createHmac('sha256', from).update(part).digest(), Buffer.from(`AWS4${secret}`))
  return createHmac('sha256', key).update(['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hash(canonical)].join('\n')).digest('hex')
}

t.test('aws: GetSecretValue is asked for with a signature; a secret is a text or has members', async t => {
  const asked: Asked[] = []
  const secrets: Record<string, unknown> = { jack: { SecretString: '{"key":"x"}' }, binary: { SecretBinary: 'eA==' } }
  const endpoint = await startService(t, request => {
    asked.push(request)
    const { SecretId: id } = JSON.parse(request.body) as { SecretId: string }
    if (id === 'denied') return [400, { __type: 'AccessDeniedException', Message: 'canary' }]
    return secrets[id] === undefined ? [400, { __type: 'com.amazonaws.secretsmanager#ResourceNotFoundException' }] : [200, secrets[id]]
  })
  const ask = managers(t, { SECRET_KEY: 'aws-secret' })
  const conf = { access_key_id: 'AKID', secret_access_key: '$ENV://SECRET_KEY', session_token: 'session', region: 'eu-central-1', endpoint_url: endpoint }
  t.strictSame(await ask('aws/1', 'jack', conf), { kind: 'document', document: '{"key":"x"}' })
  const [first] = asked
  t.match(first, { method: 'POST', url: '/', headers: { 'x-amz-target': 'secretsmanager.GetSecretValue', 'x-amz-security-token': 'session', 'content-type': 'application/x-amz-json-1.1' } })
  t.strictSame(JSON.parse(first?.body ?? ''), { SecretId: 'jack', VersionStage: 'AWSCURRENT' })
  t.match(first?.headers.authorization, /Credential=AKID\/\d{8}\/eu-central-1\/secretsmanager\/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=/)
  if (first !== undefined) t.ok(first.headers.authorization?.endsWith(awsSignature(first, 'aws-secret')), 'the signature is right')
  t.match(await ask('aws/1', 'nobody', conf), { kind: 'missing', reason: 'aws has nothing of that name' })
  t.match(await ask('aws/1', 'binary', conf), { kind: 'missing' })
  t.strictSame(await ask('aws/1', 'denied', conf), { kind: 'unavailable', reason: 'aws answered 400 AccessDeniedException' })
  t.match(await ask('aws/1', 'jack', { ...conf, endpoint_url: `http://${await refusingNode()}` }), { kind: 'unavailable', reason: /ECONNREFUSED/ })
})

t.test('gcp: the key of the service account is exchanged for a token, and the latest version is read', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const asked: Asked[] = []
  const service = await startService(t, request => {
    asked.push(request)
    if (request.url === '/token') {
      const [head = '', payload = '', signature = ''] = (new URLSearchParams(request.body).get('assertion') ?? '').split('.')
      const isRight = createVerify('sha256').update(`${head}.${payload}`).verify(publicKey, signature, 'base64url')
      return isRight ? [200, { access_token: 'gcp-token', token_type: 'Bearer' }] : [400, { error: 'invalid_grant' }]
    }
    if (request.headers.authorization !== 'Bearer gcp-token') return [401, {}]
    return request.url === '/v1/projects/p1/secrets/jack/versions/latest:access' ? [200, { payload: { data: Buffer.from('{"key":"ü"}').toString('base64') } }] : [404, {}]
  })
  const folder = t.testdir()
  const ask = managers(t, { GCP_KEY: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) }, folder)
  const account = { client_email: 'me@p1.example', private_key: '$env://GCP_KEY', project_id: 'p1', token_uri: `${service}/token`, entries_uri: `${service}/v1` }
  t.strictSame(await ask('gcp/1', 'jack', { auth_config: account }), { kind: 'document', document: '{"key":"ü"}' })
  const claims = JSON.parse(Buffer.from((new URLSearchParams(asked[0]?.body).get('assertion') ?? '').split('.')[1] ?? '', 'base64url').toString()) as object
  t.match(claims, { iss: 'me@p1.example', sub: 'me@p1.example', aud: `${service}/token`, scope: 'https://www.googleapis.com/auth/cloud-platform' })

  await writeFile(join(folder, 'account.json'), JSON.stringify({ ...account, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), type: 'service_account' }))
  t.match(await ask('gcp/1', 'jack', { auth_file: 'account.json' }), { kind: 'document' })
  t.match(await ask('gcp/1', 'nobody', { auth_config: account }), { kind: 'missing' })
  t.match(await ask('gcp/1', 'jack', { auth_file: 'none.json' }), { kind: 'unavailable', reason: /auth_file/ })
  t.match(await ask('gcp/1', 'jack', { auth_config: { ...account, private_key: 'canary' } }), { kind: 'unavailable', reason: 'gcp: private_key is no RSA key in PKCS#8' })
  const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  t.match(await ask('gcp/1', 'jack', { auth_config: { ...account, private_key: other.export({ type: 'pkcs8', format: 'pem' }) } }), { kind: 'unavailable', reason: 'gcp: no access token: the answer was 400' })
})
