import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t, { type Test } from 'tap'
import type { StapleStatus } from '@clinch/admin-api'
import { adminKey, startAdmin, viewerKey, type AdminServer, type Reply } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/${path}`
interface Operation { readonly operationId: string, readonly tags: string[], readonly parameters?: Array<{ $ref: string }>, readonly requestBody?: { content: Record<string, { example?: unknown }> }, readonly responses: Record<string, unknown> }
interface Document { readonly paths: Record<string, Record<string, Operation>>, readonly components: { schemas: Record<string, Record<string, unknown>> }, readonly tags: Array<{ name: string }> }

async function readDocument ({ send }: Pick<AdminServer, 'send'>): Promise<Document> {
  return (await send('GET', at('openapi.json'))).body as Document
}

function operationsOf (document: Document): Array<{ path: string, method: string, operation: Operation }> {
  return Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })))
}

/** Judges answers by what the document says of them. */
function judge (t: Test, document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'doc', ...document })
  const pointer = (...steps: string[]) => `doc#/${steps.map(step => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
  return (reply: Reply, method: string, path: string): void => {
    const described = document.paths[path]?.[method.toLowerCase()]?.responses[reply.status] as { $ref?: string, content?: Record<string, unknown> } | undefined
    t.ok(described, `${method} ${path} may answer ${reply.status}`)
    const name = described?.$ref?.split('/').at(-1)
    const type = 'application/json'
    const schema = name === undefined
      ? pointer('paths', path, method.toLowerCase(), 'responses', String(reply.status), 'content', type, 'schema')
      : pointer('components', 'responses', name, 'content', type, 'schema')
    const validate = ajv.compile({ $ref: schema })
    t.ok(validate(reply.body ?? reply.text), `${method} ${path} ${reply.status}: ${JSON.stringify(validate.errors)}`)
  }
}

t.test('the document is valid OpenAPI 3.1, each schema in it can be compiled, and each pattern is one of Unicode', async t => {
  const api = await startAdmin(t, { plugins: ['ocsp-stapling', 'ip-restriction', 'request-id', 'proxy-rewrite', 'prometheus'] })
  const document = await readDocument(api)
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  t.ok(valid, JSON.stringify(errors))
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'doc', ...document })
  for (const name of Object.keys(document.components.schemas)) t.doesNotThrow(() => ajv.compile({ $ref: `doc#/components/schemas/${name}` }), name)
  for (const [, pattern = ''] of JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)) t.doesNotThrow(() => new RegExp(JSON.parse(pattern) as string, 'u'), pattern)
})

t.test('operation ids differ, tags are declared, and every reference leads somewhere', async t => {
  const document = await readDocument(await startAdmin(t))
  const operations = operationsOf(document).map(({ operation }) => operation)
  const ids = operations.map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, ids.length)
  const declared = document.tags.map(({ name }) => name)
  t.strictSame([...new Set(operations.flatMap(({ tags }) => tags))].sort(), declared.toSorted())
  for (const [, reference = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    t.ok(reference.split('/').reduce<unknown>((place, step) => (place as Record<string, unknown> | undefined)?.[step], document), reference)
  }
})

t.test('every path of the API is described, and every path that is described is there', async t => {
  const api = await startAdmin(t)
  const document = await readDocument(api)
  for (const { path, method, operation } of operationsOf(document)) {
    const reply = await api.send(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), method === 'get' || method === 'head' ? undefined : '{"a":1}')
    t.notMatch(reply.text, '404 Not Found', `${method} ${path} is a path`)
    t.notMatch(reply.text, /Unsupported resource type: (?!x)|"not found"/, `${method} ${path} is of a kind`)
    t.not(reply.status, 405, `${method} ${path} is a method`)
    t.ok(reply.status in operation.responses, `${method} ${path} may answer ${reply.status}`)
  }
  const described = new Set(Object.keys(document.paths).map(path => path.replaceAll(/\{\w+\}/g, ':x')))
  const routes = readRoutes(api.api.app.printRoutes({ commonPrefix: false })).filter(path => !path.endsWith('*')) // what lies below a `*` is looked at above
  t.ok(routes.length > 10)
  for (const path of routes) t.ok(described.has(path.replaceAll(/:\w+/g, ':x')), path)
})

t.test('kinds, their methods and what may be asked of them come from the kinds themselves', async t => {
  const { paths } = await readDocument(await startAdmin(t))
  const methodsOf = (path: string) => Object.keys(paths[at(path)] ?? {}).sort()
  t.strictSame(methodsOf('routes'), ['get', 'post', 'put'])
  t.strictSame(methodsOf('routes/{id}'), ['delete', 'get', 'patch', 'put'])
  t.strictSame(methodsOf('routes/{id}/{member}'), ['patch'])
  t.strictSame(methodsOf('protos/{id}'), ['delete', 'get', 'put'])
  t.strictSame(methodsOf('consumers'), ['get', 'put'])
  t.strictSame(methodsOf('consumers/{owner}/credentials/{id}'), ['delete', 'get', 'put'])
  t.strictSame(methodsOf('secrets'), ['get'])
  const asked = (path: string) => paths[at(path)]?.['get']?.parameters?.map(({ $ref }) => $ref.split('/').at(-1))
  t.strictSame(asked('routes'), ['name', 'label', 'uri', 'filter', 'page', 'page_size'])
  t.strictSame(asked('ssls'), ['name', 'label', 'uri', 'page', 'page_size'])
})

t.test('every example is taken, and the answers are what the document says they are', async t => {
  const api = await startAdmin(t, { streamMode: true })
  const document = await readDocument(api)
  const isDescribed = judge(t, document)
  const ask = async (method: string, template: string, path: string, body?: unknown, status?: number): Promise<void> => {
    const reply = await api.send(method, path, body)
    if (status !== undefined) t.equal(reply.status, status, `${method} ${path}: ${reply.text}`)
    isDescribed(reply, method, template)
  }
  await api.send('PUT', at('consumers'), { username: 'owner', plugins: {} })
  await api.send('PUT', at('services/owner'), { upstream: { nodes: { '127.0.0.1:1': 1 } } })
  const examples = operationsOf(document).flatMap(({ path, method, operation }) => {
    const example = method === 'put' && path.endsWith('{id}') ? operation.requestBody?.content['application/json']?.example : undefined
    return example === undefined ? [] : [{ path, example }]
  })
  t.ok(examples.length >= 10)
  for (const { path: template, example } of examples) {
    const id = template === at('consumers/{id}') ? 'jack' : '1'
    const path = template.replace('{owner}', 'owner').replace('{id}', id)
    const collection = template.replace('/{id}', '')
    await ask('PUT', template, path, example, 201)
    await ask('PUT', template, path, example, 200)
    await ask('GET', template, path, undefined, 200)
    await ask('GET', collection, path.slice(0, path.lastIndexOf('/')), undefined, 200)
    if (document.paths[template]?.['patch'] !== undefined) await ask('PATCH', template, path, example, 200)
    await ask('PUT', template, path, { ...example as object, unheard_of: 1 }, 400)
    await ask('DELETE', template, path, undefined, 200)
    await ask('GET', template, path, undefined, 404)
  }
  await ask('POST', at('routes'), at('routes'), { uri: '/a', plugins: {} }, 201)
  await ask('PATCH', at('routes/{id}/{member}'), at('routes/9/uri'), '"/b"', 404)
  await ask('GET', at('routes'), at('routes?page=1&page_size=5'), undefined, 400)
  for (const path of ['plugins/list', 'plugins?all=true', 'openapi.json'] as const) await ask('GET', at(path.split('?')[0] ?? ''), at(path), undefined, 200)
  await ask('GET', at('plugins/{plugin}'), at('plugins/request-id'), undefined, 200)
  await ask('GET', at('schema/{schema}'), at('schema/nothing'), undefined, 400)
  await ask('POST', at('configs/validate'), at('configs/validate'), { routes: [{ id: '1', uri: '/a', plugins: {} }] }, 200)
  await ask('POST', at('configs/validate'), at('configs/validate'), { routes: [{ id: '1' }] }, 400)
  const refused = await api.send('GET', at('routes'), undefined, {})
  isDescribed(refused, 'GET', at('routes'))
})

t.test('the answers of the OCSP endpoints are what the document says they are', async t => {
  const staple: StapleStatus = {
    ssl_id: '1',
    snis: ['a.test'],
    fingerprint: 'ab'.repeat(32),
    state: 'missing',
    must_staple: false,
    verified: false,
    responder: 'http://ocsp.test/',
    failures: 1,
    last_error: { code: 'OCSP_ERR_RESPONDER_TIMEOUT', message: 'timeout', since: '2030-01-01T00:00:00.000Z' }
  }
  const client = { fingerprint: 'cd'.repeat(32), state: 'good', source: 'ocsp' } as const
  const api = await startAdmin(t, {
    ocsp: {
      staples: () => [staple],
      crls: () => [],
      clients: () => [client],
      refresh: async () => 1,
      purge: async () => 1,
      forgetClient: () => true,
      explain: async () => ({
        kind: 'explained',
        explanation: {
          certificate: { fingerprint: 'ab'.repeat(32), not_after: '2030-01-01T00:00:00.000Z', must_staple: false, responders: ['http://ocsp.test/'] },
          issuer: { fingerprint: 'cd'.repeat(32) },
          verdict: { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: 'timeout' },
          answers: [
            { responder: 'http://ocsp.test/', hash: 'sha256', failure: { code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: 'timeout' }, steps: [] },
            { response: 'MIIB', steps: [{ step: 1, rule: 'a rule', outcome: 'not reached', source: 'RFC 6960' }] }
          ]
        }
      })
    }
  })
  const isDescribed = judge(t, await readDocument(api))
  const asks = [
    ['GET', 'staples', 'staples', 200], ['GET', 'staples?page=1&page_size=1', 'staples', 400], ['GET', 'staples/1', 'staples/{ssl}', 200], ['GET', 'staples/9', 'staples/{ssl}', 404],
    ['POST', 'staples/1/refresh', 'staples/{ssl}/refresh', 200], ['DELETE', 'staples/1', 'staples/{ssl}', 200],
    ['GET', 'crls', 'crls', 200], ['GET', 'clients', 'clients', 200], ['GET', `clients/${client.fingerprint}`, 'clients/{fingerprint}', 200], ['DELETE', `clients/${client.fingerprint}`, 'clients/{fingerprint}', 200]
  ] as const
  for (const [method, path, template, status] of asks) {
    const reply = await api.send(method, at(`ocsp/${path}`))
    t.equal(reply.status, status, `${method} ${path}`)
    isDescribed(reply, method, at(`ocsp/${template}`))
  }
  isDescribed(await api.send('POST', at('ocsp/explain'), { cert: 'x'.repeat(200) }), 'POST', at('ocsp/explain'))
  isDescribed(await api.send('POST', at('ocsp/explain'), {}), 'POST', at('ocsp/explain'))
  const without = await startAdmin(t)
  isDescribed(await without.send('GET', at('ocsp/staples')), 'GET', at('ocsp/staples'))
})

const odd = `export default {
  name: 'odd.plugin', version: 1, priority: 1,
  schema: {
    type: 'object',
    properties: { pair: { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] }, dependencies: { type: 'string', default: '<b>' } },
    dependencies: { pair: ['dependencies'], dependencies: { required: ['pair'] } }
  },
  create: () => ({})
}`
const recursive = `export default {
  name: 'recursive', version: 1, priority: 2, schema: { type: 'object', definitions: { inner: { type: 'string' } }, properties: { inner: { $ref: '#/definitions/inner' } } }, create: () => ({})
}`

t.test('plugins are described as they are loaded: their schemas in OpenAPI\'s dialect, from one reload to the next', async t => {
  const folder = t.testdir({ 'odd.js': odd, 'recursive.js': recursive, 'package.json': '{"type":"module"}' })
  const plugins = [join(folder, 'odd.js'), join(folder, 'recursive.js')]
  const api = await startAdmin(t, { plugins })
  const { schemas } = (await readDocument(api)).components
  t.match(schemas['plugin.odd.plugin'], {
    properties: { pair: { prefixItems: [{ type: 'string' }, { type: 'integer' }] }, dependencies: { default: '<b>' } },
    dependentRequired: { pair: ['dependencies'] },
    dependentSchemas: { dependencies: { required: ['pair'] } }
  })
  t.notOk('dependencies' in (schemas['plugin.odd.plugin'] ?? {}))
  t.strictSame(schemas['plugin.recursive'], { type: 'object', description: 'GET /apisix/admin/plugins/recursive shows it' })
  t.strictSame(Object.keys(schemas['Plugins']?.['properties'] ?? {}), ['recursive', 'odd.plugin'])
  t.match(schemas['Route'], { properties: { plugins: { $ref: '#/components/schemas/Plugins' }, upstream: { $ref: '#/components/schemas/Upstream' } } })

  const page = (await api.send('GET', at('docs'))).text
  t.match(page, '&lt;b&gt;')
  t.notMatch(page, /<b>"|'<b>'/)

  plugins.splice(0, 2, 'request-id')
  await api.send('PUT', at('plugins/reload'))
  t.strictSame(Object.keys((await readDocument(api)).components.schemas['Plugins']?.['properties'] ?? {}), ['request-id'])
})

t.test('the document needs a key as every other GET, and a viewer may read it', async t => {
  const { send } = await startAdmin(t)
  t.equal((await send('GET', at('openapi.json'), undefined, {})).status, 401)
  const reply = await send('GET', at('openapi.json'), undefined, { 'x-api-key': viewerKey })
  t.equal(reply.status, 200)
  t.equal(reply.headers.get('content-type'), 'application/json')
  t.equal(reply.headers.get('x-api-version'), null)
  t.notOk(reply.text.includes(adminKey))
})

t.test('the page asks a browser for the key, and takes it in a form', async t => {
  const { send, lines } = await startAdmin(t)
  const asks = await send('GET', at('docs'), undefined, {})
  t.equal(asks.status, 401)
  t.match(asks.text, '<form method="post" action="/apisix/admin/docs">')
  t.notMatch(asks.text, 'listRoute')
  const shown = await send('POST', at('docs'), `api_key=${viewerKey}`, {})
  t.equal(shown.status, 200)
  t.equal(shown.headers.get('content-type'), 'text/html; charset=utf-8')
  t.match(shown.headers.get('content-security-policy'), /default-src 'none'/)
  t.equal(shown.headers.get('cache-control'), 'no-store')
  t.match(shown.text, 'id="listRoute"')
  t.notMatch(shown.text, /<(script|link|img|iframe)|\b(src|href)="(?!#)/)
  const wrong = await send('POST', at('docs'), 'api_key=s3cret', {})
  t.equal(wrong.status, 401)
  t.match(wrong.text, 'wrong apikey')
  t.equal((await send('POST', at('docs'), '', {})).status, 401)
  t.notOk(lines.some(line => line.includes('s3cret')))
  const open = await startAdmin(t, { settings: { adminKeyRequired: false } })
  t.equal((await open.send('GET', at('docs'), undefined, {})).status, 200)
  t.match((await startAdmin(t, { settings: { wrongKeysPerMinute: 1 } }).then(async api => [await api.send('POST', at('docs'), 'api_key=a', {}), await api.send('POST', at('docs'), 'api_key=b', {})])).map(({ status }) => status), [401, 429])
})

t.test('where the configuration is replaced as a whole, that is what is described', async t => {
  const api = await startAdmin(t, { standalone: { replace: async () => {} } as never })
  const document = await readDocument(api)
  t.ok((await new Validator().validate(structuredClone(document) as never)).valid)
  t.strictSame(Object.keys(document.paths[at('configs')] ?? {}).sort(), ['get', 'head', 'put'])
  t.notOk(document.paths[at('routes')])
  const isDescribed = judge(t, document)
  isDescribed(await api.send('GET', at('configs')), 'GET', at('configs'))
})

t.test('the README shows where the document is', async t => {
  t.match(readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8'), '/apisix/admin/openapi.json')
})

// The paths of a tree of routes: each line is a branch, its depth told by its indentation.
function readRoutes (tree: string): string[] {
  const stack: string[] = []
  return tree.split('\n').flatMap(line => {
    const [, indentation = '', path = ''] = /^([│ ├└─]*)(\/?\S.*?)(?: \(.*\))?$/.exec(line) ?? []
    if (path === '') return []
    stack.length = indentation.length / 4 - 1
    stack.push(path)
    return / \(.*[A-Z]+.*\)/.test(line) ? [stack.join('')] : []
  })
}
