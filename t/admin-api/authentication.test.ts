import { GuessLimiter } from '@clinch/admin-api'
import t from 'tap'
import { adminKey, startAdmin, viewerKey } from './admin-server.ts'

const routes = '/apisix/admin/routes'

t.test('a request without a key is refused with 401, and so is one with a wrong key', async t => {
  const { send } = await startAdmin(t)
  const missing = await send('GET', routes, undefined, {})
  t.equal(missing.status, 401)
  t.equal(missing.text, '{"error_msg":"failed to check token","description":"missing apikey"}\n')
  t.equal(missing.headers.get('content-type'), 'application/json')
  t.equal(missing.headers.get('x-api-version'), null)
  const wrong = await send('GET', routes, undefined, { 'x-api-key': 'nope' })
  t.equal(wrong.text, '{"error_msg":"failed to check token","description":"wrong apikey"}\n')
})

t.test('the key is taken from the query, else the header, else a cookie; the first that is there counts', async t => {
  const { send } = await startAdmin(t)
  const asks: ReadonlyArray<readonly [path: string, headers: Record<string, string>, status: number]> = [
    [`${routes}?api_key=${adminKey}`, {}, 200],
    [`${routes}?api_key=${adminKey}&api_key=nope`, {}, 200],
    [`${routes}?api_key=nope&api_key=${adminKey}`, {}, 401],
    [`${routes}?api_key=${adminKey}`, { 'x-api-key': 'nope' }, 200],
    [`${routes}?api_key=nope`, { 'x-api-key': adminKey }, 401],
    [routes, { 'x-api-key': adminKey, cookie: 'x_api_key=nope' }, 200],
    [routes, { 'x-api-key': 'nope', cookie: `x_api_key=${adminKey}` }, 401],
    [routes, { cookie: `a=b; x_api_key=${adminKey}; c=d` }, 200],
    [routes, { cookie: `x_api_key_=${adminKey}` }, 401]
  ]
  for (const [path, headers, status] of asks) t.equal((await send('GET', path, undefined, headers)).status, status, `${path} ${JSON.stringify(headers)}`)
})

t.test('a viewer reads everything and changes nothing', async t => {
  const { send } = await startAdmin(t)
  const headers = { 'x-api-key': viewerKey }
  t.equal((await send('GET', routes, undefined, headers)).status, 200)
  for (const [method, path] of [['PUT', `${routes}/1`], ['DELETE', `${routes}/1`], ['POST', '/apisix/admin/schema/validate/routes'], ['PUT', '/apisix/admin/plugins/reload']] as const) {
    const reply = await send(method, path, {}, headers)
    t.equal(reply.status, 401, `${method} ${path}`)
    t.equal(reply.body.description, 'invalid method for role viewer')
  }
})

t.test('an empty key matches nothing, and a key that YAML made a number matches its text', async t => {
  const { send } = await startAdmin(t, { settings: { adminKeys: [{ key: '', role: 'viewer' }, { key: 123456 }] } })
  t.equal((await send('GET', routes, undefined, { 'x-api-key': '' })).status, 401)
  t.equal((await send('GET', `${routes}?api_key=`, undefined, {})).status, 401)
  t.equal((await send('GET', routes, undefined, { 'x-api-key': '123456' })).status, 200)
})

t.test('no key is asked for when none is required or none is configured, while an empty list refuses all', async t => {
  const notRequired = await startAdmin(t, { settings: { adminKeyRequired: false } })
  t.equal((await notRequired.send('GET', routes, undefined, {})).status, 200)
  const absent = await startAdmin(t, { settings: { adminKeys: null } })
  t.equal((await absent.send('GET', routes, undefined, {})).status, 200)
  const empty = await startAdmin(t, { settings: { adminKeys: [] } })
  t.equal((await empty.send('GET', routes)).status, 401)
})

t.test('a refused key is logged with the address and without the key', async t => {
  const { send, lines } = await startAdmin(t)
  await send('GET', `${routes}?api_key=s3cret-typo`, undefined, {})
  const refused = lines.filter(line => line.includes('API key refused'))
  t.match(refused.map(line => JSON.parse(line)), [{ level: 40, address: '127.0.0.1', reason: 'wrong apikey' }])
  t.notOk(lines.some(line => line.includes('s3cret-typo')))
})

t.test('an address that guesses keys has to wait, while a key that was accepted from there stays welcome', async t => {
  const { send, lines, clock } = await startAdmin(t, { settings: { wrongKeysPerMinute: 3 } })
  const from = (key: string) => send('GET', routes, undefined, { 'x-api-key': key })
  t.equal((await from(viewerKey)).status, 200)
  for (const guess of ['a', 'b', 'c']) t.equal((await from(guess)).status, 401, guess)
  const refused = await from('d')
  t.equal(refused.status, 429)
  t.equal(refused.text, '{"error_msg":"failed to check token","description":"too many wrong apikeys from this address"}\n')
  t.equal(refused.headers.get('retry-after'), '20')
  t.equal((await from(adminKey)).status, 429, 'a right key that was never seen from there tells the guesser nothing')
  t.equal((await from(viewerKey)).status, 200)
  t.equal((await send('PUT', `${routes}/1`, {}, { 'x-api-key': viewerKey })).status, 401)
  t.equal((await from('a')).status, 401, 'a key that is known to be wrong')
  t.equal((await send('GET', routes, undefined, {})).status, 401, 'no key is no guess')
  t.equal(lines.filter(line => line.includes('the address has to wait') && line.includes('"level":40')).length, 1, 'one line, not one for each attempt')
  clock.nowMs += 20_000
  t.equal((await from(adminKey)).status, 200)
  t.equal((await from('d')).status, 401)
  t.equal((await from('e')).status, 429)
  t.notOk(lines.some(line => line.includes(adminKey) || line.includes(viewerKey)))
})

t.test('a script that goes on with a key of yesterday locks nobody out', async t => {
  const { send } = await startAdmin(t, { settings: { wrongKeysPerMinute: 2 } })
  for (let round = 0; round < 20; round++) t.equal((await send('GET', routes, undefined, { 'x-api-key': 'yesterday' })).status, 401)
  t.equal((await send('GET', routes)).status, 200)
})

t.test('addresses wait each on its own, an IPv6 network as one, and the limit can be switched off', async t => {
  const guess = (limiter: GuessLimiter, address: string, sent: string) => limiter.judge({ sent, isRight: false }, address, 1).kind
  const limiter = new GuessLimiter(() => 0)
  t.equal(guess(limiter, '192.0.2.1', 'a'), 'pass')
  t.equal(guess(limiter, '192.0.2.1', 'b'), 'wait')
  t.equal(guess(limiter, '::ffff:192.0.2.1', 'b'), 'wait', 'the same address in IPv6 form')
  t.equal(guess(limiter, '192.0.2.2', 'b'), 'pass')
  t.equal(guess(limiter, '2001:db8::1', 'a'), 'pass')
  t.equal(guess(limiter, '2001:db8::ffff', 'b'), 'wait')
  t.equal(guess(limiter, '2001:db8:0:1::1', 'b'), 'pass')
  t.equal(guess(limiter, 'no address', 'a'), 'pass')
  const { send } = await startAdmin(t, { settings: { wrongKeysPerMinute: 0 } })
  for (let number = 0; number < 30; number++) t.equal((await send('GET', routes, undefined, { 'x-api-key': `${number}` })).status, 401)
})

t.test('an Admin API that asks for no key says so at its start, and one that does keeps quiet', async t => {
  for (const settings of [{ adminKeyRequired: false }, { adminKeys: null }]) {
    const { lines } = await startAdmin(t, { settings })
    t.match(lines.map(line => JSON.parse(line)), [{ level: 40, msg: /^Admin key is bypassed! / }])
  }
  const { lines } = await startAdmin(t)
  t.notOk(lines.some(line => line.includes('bypassed')))
})

t.test('an address that is not allowed gets an HTML page and is logged, whatever key it has', async t => {
  const { send, lines } = await startAdmin(t, { settings: { allowAdmin: ['10.0.0.0/8', '::1'] } })
  const reply = await send('GET', routes)
  t.equal(reply.status, 403)
  t.equal(reply.headers.get('content-type'), 'text/html; charset=utf-8')
  t.match(reply.text, '<h1>403 Forbidden</h1>')
  t.equal(reply.headers.get('access-control-allow-origin'), null)
  t.match(lines.filter(line => line.includes('allow_admin')).map(line => JSON.parse(line)), [{ address: '127.0.0.1' }])
  t.equal((await send('OPTIONS', routes)).status, 403)
})

t.test('allow_admin takes single addresses, and null lets everybody in', async t => {
  const single = await startAdmin(t, { settings: { allowAdmin: ['127.0.0.1'] } })
  t.equal((await single.send('GET', routes)).status, 200)
  const everybody = await startAdmin(t, { settings: { allowAdmin: null } })
  t.equal((await everybody.send('GET', routes)).status, 200)
  const nonsense = await startAdmin(t, { settings: { allowAdmin: ['nonsense', '::/0'] } })
  t.equal((await nonsense.send('GET', routes)).status, 403)
})

t.test('a trusted peer says whom the request comes from', async t => {
  const { send } = await startAdmin(t, { settings: { realIp: { from: ['127.0.0.1', 'unix:'], header: 'X-Real-IP' } } })
  const from = async (address: string) => (await send('GET', routes, undefined, { 'x-api-key': adminKey, 'x-real-ip': address })).status
  t.equal(await from('192.0.2.1'), 403)
  t.equal(await from('127.0.0.7'), 200)
  t.equal(await from('nonsense'), 200)
  t.equal(await from('192.0.2.1:4711'), 403, 'a port is left out')
  t.equal(await from('[2001:db8::1]:4711'), 403)
  t.equal(await from('127.0.0.7, 192.0.2.1'), 403, 'of a list the last')
  t.equal(await from('2130706434'), 200, 'a number is no address')
  const untrusting = await startAdmin(t, { settings: { realIp: { from: ['10.0.0.1'], header: 'X-Real-IP' } } })
  t.equal((await untrusting.send('GET', routes, undefined, { 'x-api-key': adminKey, 'x-real-ip': '192.0.2.1' })).status, 200)
})

t.test('a preflight is answered without a key, and every answer may be read by any origin', async t => {
  const { send } = await startAdmin(t)
  const preflight = await send('OPTIONS', routes, undefined, {})
  t.equal(preflight.status, 200)
  t.equal(preflight.text, '')
  t.match(Object.fromEntries(preflight.headers), {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST, GET, PUT, OPTIONS, DELETE, PATCH',
    'access-control-max-age': '3600',
    'access-control-allow-headers': '*',
    'access-control-allow-credentials': 'true',
    'content-length': '0',
    'content-type': 'text/plain'
  })
  t.match(Object.fromEntries((await send('GET', routes, undefined, {})).headers), {
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': '*',
    'access-control-max-age': '3600'
  })
})

t.test('without CORS a preflight is a page not found', async t => {
  const { send } = await startAdmin(t, { settings: { enableCors: false } })
  t.equal((await send('OPTIONS', routes)).status, 404)
  t.equal((await send('GET', routes)).headers.get('access-control-allow-origin'), null)
})

t.test('HEAD of the root needs no key and says that the API is alive', async t => {
  const { send } = await startAdmin(t)
  t.equal((await send('HEAD', '/apisix/admin', undefined, {})).status, 200)
  t.equal((await send('HEAD', '/apisix/admin/', undefined, {})).status, 200)
  t.equal((await send('HEAD', routes)).status, 404)
})

t.test('the server names itself, with its version unless that is switched off', async t => {
  const { send } = await startAdmin(t)
  t.match((await send('GET', routes)).headers.get('server'), /^Clinch\/\d+\.\d+\.\d+$/)
  const { send: discreetly } = await startAdmin(t, { settings: { serverTokens: false } })
  t.equal((await discreetly('GET', routes)).headers.get('server'), 'Clinch')
})
