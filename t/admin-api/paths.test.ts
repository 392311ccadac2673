import { request as httpRequest } from 'node:http'
import t from 'tap'
import { adminKey, startAdmin } from './admin-server.ts'

const route = { uri: '/a', plugins: {} }

t.test('what is not below /apisix/admin is an HTML page not found, with no key asked for', async t => {
  const { send } = await startAdmin(t)
  for (const path of ['/', '/apisix', '/apisix/admin', '/apisix/admin/', '/apisix/routes', '/routes/1', '/apisix/admin/../routes']) {
    const reply = await send('GET', path, undefined, {})
    t.equal(reply.status, 404, path)
    t.match(reply.text, '<h1>404 Not Found</h1>', path)
  }
})

t.test('a resource type that is not known is a JSON not found, after the key', async t => {
  const { send } = await startAdmin(t)
  for (const type of ['ssl', 'proto', 'configs', 'nothing', 'toString', '__proto__']) {
    const reply = await send('GET', `/apisix/admin/${type}/1`)
    t.equal(reply.status, 404)
    t.equal(reply.text, `{"error_msg":"Unsupported resource type: ${type}"}\n`)
    t.equal(reply.headers.get('x-api-version'), null)
  }
  t.equal((await send('GET', '/apisix/admin/ssl/1', undefined, {})).status, 401)
})

t.test('paths are taken as nginx takes them', async t => {
  const { send, url } = await startAdmin(t)
  await send('PUT', '/apisix/admin/routes/1', route)
  const equal = ['/apisix/admin/routes/1/', '//apisix//admin///routes/1', '/apisix/admin/%72outes/1', '/apisix/admin/routes%2F1', '/apisix/admin/routes/1/anything']
  for (const path of equal) t.equal((await send('GET', path)).body.key, '/apisix/routes/1', path)
  t.equal((await send('GET', '/apisix/admin/routes/')).body.total, 1)
  t.equal(await rawStatus(url, '/apisix/admin/routes/x/../1'), 200)
  t.equal(await rawStatus(url, '/../../apisix/./admin/routes/1'), 200)
  t.equal(await rawStatus(url, '/apisix/admin/routes/%zz'), 400)
  t.equal(await rawStatus(url, '/apisix/admin/routes/%ff'), 400)
})

t.test('long ids and ids with odd characters are found missing, not misread', async t => {
  const { send } = await startAdmin(t)
  for (const id of ['x'.repeat(5000), '%20', 'a%3Fb', '%F0%9F%92%8E', '%00']) {
    const reply = await send('GET', `/apisix/admin/routes/${id}`)
    t.equal(reply.status, 404)
    t.equal(reply.text, '{"message":"Key not found"}\n')
  }
})

t.test('plugins and schemas are read-only', async t => {
  const { send } = await startAdmin(t)
  for (const [method, path] of [['PUT', 'plugins/list'], ['POST', 'plugins/request-id'], ['DELETE', 'schema/route'], ['PUT', 'schema/validate/routes']] as const) {
    const reply = await send(method, `/apisix/admin/${path}`, {})
    t.equal(reply.status, 404, `${method} ${path}`)
    t.equal(reply.body.error_msg, 'not found')
  }
})

// fetch resolves dots and refuses what is no URL; this sends the target as it stands.
function rawStatus (url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, headers: { 'x-api-key': adminKey } }, response => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
}
