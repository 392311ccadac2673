import t from 'tap'
import { Type, type TSchema } from '@sinclair/typebox'
import { assertSchema, compileValidator, ConfigSchema, resourceKinds, RouteSchema, secretManagerSchemas, SslSchema, StringEnum, UpstreamSchema } from '@clinch/schema'

const complaintOf = (schema: TSchema | object, value: unknown): string | undefined => {
  const result = compileValidator(schema as TSchema, { fillDefaults: false })(value)
  return result.kind === 'invalid' ? result.issue.message : undefined
}

const member = (schema: object) => ({ type: 'object', properties: { p: schema } })
const route = { uri: '/a', plugins: {} }
const hostPattern = '^\\\\*$|^\\\\*?[0-9a-zA-Z-._\\\\[\\\\]:]+$'
const targets = '["plugins","uri"] or ["upstream","uri"] or ["upstream_id","uri"] or ["service_id","uri"] or ' +
  '["plugins","uris"] or ["upstream","uris"] or ["upstream_id","uris"] or ["service_id","uris"] or ["script","uri"] or ["script","uris"]'

const keywords: ReadonlyArray<readonly [keyword: string, schema: object, value: unknown, complaint: string]> = [
  ['type, nothing', { type: 'object' }, undefined, 'wrong type: expected object, got nil'],
  ['type, boolean', { type: 'string' }, true, 'wrong type: expected string, got boolean'],
  ['type, number', { type: 'string' }, 1, 'wrong type: expected string, got number'],
  ['type, string', { type: 'number' }, '1', 'wrong type: expected number, got string'],
  ['type, object', { type: 'string' }, { a: 1 }, 'wrong type: expected string, got table'],
  ['type, array', { type: 'string' }, [1], 'wrong type: expected string, got table'],
  ['type, null', { type: 'string' }, null, 'wrong type: expected string, got userdata'],
  ['type, fraction', { type: 'integer' }, 1.5, 'wrong type: expected integer, got number'],
  ['required', { type: 'object', required: ['p'] }, {}, 'property "p" is required'],
  ['unknown member', { type: 'object', additionalProperties: false }, { p: 1 }, 'additional properties forbidden, found p'],
  ['minLength', { minLength: 1 }, '', 'string too short, expected at least 1, got 0'],
  ['maxLength', { maxLength: 2 }, 'abc', 'string too long, expected at most 2, got 3'],
  ['lengths count code points', { maxLength: 1 }, '💎💎', 'string too long, expected at most 1, got 2'],
  ['pattern', { pattern: '^"\\d$' }, 'a\\"b', 'failed to match pattern "^\\"\\\\d$" with "a\\\\\\"b"'],
  ['minimum', { minimum: 0 }, -1, 'expected -1 to be at least 0'],
  ['maximum', { maximum: 65535 }, 70000, 'expected 70000 to be at most 65535'],
  ['exclusiveMinimum', { exclusiveMinimum: 0 }, 0, 'expected 0 to be greater than 0'],
  ['exclusiveMaximum', { exclusiveMaximum: 5 }, 5, 'expected 5 to be smaller than 5'],
  ['multipleOf', { multipleOf: 2 }, 3, 'expected 3 to be a multiple of 2'],
  ['minItems', { minItems: 1 }, [], 'expect array to have at least 1 items'],
  ['maxItems', { maxItems: 3 }, [1, 2, 3, 4], 'expect array to have at most 3 items'],
  ['uniqueItems', { type: 'array', uniqueItems: true }, ['a', 'a', 'b'], 'expected unique items but items 1 and 2 are equal'],
  ['minProperties', { minProperties: 1 }, {}, 'expect object to have at least 1 properties'],
  ['maxProperties', { maxProperties: 1 }, { a: 1, b: 2 }, 'expect object to have at most 1 properties'],
  ['enum', { enum: ['a'] }, 'b', 'matches none of the enum values'],
  ['anyOf', { anyOf: [{ type: 'string' }, { type: 'number' }] }, true, 'object matches none of the required'],
  ['anyOf of required lists', { anyOf: [{ required: ['active'] }, { required: ['active', 'passive'] }] }, {}, 'object matches none of the required: ["active"] or ["active","passive"]'],
  ['oneOf, none', { oneOf: [{ type: 'string' }, { type: 'number' }] }, true, 'value should match only one schema, but matches none'],
  ['oneOf, both', { oneOf: [{ type: 'string' }, { minLength: 1 }] }, 'a', 'value should match only one schema, but matches both schemas 1 and 2'],
  ['then', { if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, 'then clause did not match'],
  ['else', { if: { required: ['a'] }, else: { required: ['b'] } }, {}, 'else clause did not match'],
  ['not', { not: { type: 'string' } }, 'a', 'value wasn\'t supposed to match schema'],
  ['dependencies list', { dependencies: { a: ['b'] } }, { a: 1 }, 'property "b" is required when "a" is set'],
  ['format ipv4', { format: 'ipv4' }, '1.2.3', 'expect valid ipv4 format but got: 1.2.3'],
  ['format ipv6', { format: 'ipv6' }, 'x::', 'expect valid ipv6 format but got: x::'],
  ['const', { const: 1 }, 2, 'failed to check const value']
]

const paths: typeof keywords = [
  ['a member', member({ type: 'string' }), { p: 1 }, 'property "p" validation failed: wrong type: expected string, got number'],
  ['a member of a member', member(member({ minimum: 1 })), { p: { p: 0 } }, 'property "p" validation failed: property "p" validation failed: expected 0 to be at least 1'],
  ['an element', { items: { type: 'string' } }, ['a', 1], 'failed to validate item 2: wrong type: expected string, got number'],
  ['a map entry', { patternProperties: { '.*': { type: 'string' } } }, { env: {} }, 'failed to validate env (matching ".*"): wrong type: expected string, got table'],
  ['a map entry of any name', { additionalProperties: { type: 'string' } }, { env: {} }, 'failed to validate env (matching ".*"): wrong type: expected string, got table'],
  ['names with percent, slash and tilde', { patternProperties: { '^.*%/~$': { type: 'string' } } }, { '100%/~': 1 }, 'failed to validate 100%/~ (matching "^.*%/~$"): wrong type: expected string, got number'],
  ['an allOf branch', { allOf: [{}, { minimum: 1 }] }, 0, 'allOf 2 failed: expected 0 to be at least 1'],
  ['a dependent schema', { dependencies: { p: { required: ['q'] } } }, { p: 1 }, 'failed to validate dependent schema for "p": property "q" is required']
]

const resources: ReadonlyArray<readonly [what: string, schema: TSchema, value: unknown, complaint: string]> = [
  ['a timeout without send', RouteSchema, { ...route, upstream: { nodes: {}, timeout: { connect: 1, read: 1 } } }, 'property "upstream" validation failed: property "timeout" validation failed: property "send" is required'],
  ['a host with a blank', RouteSchema, { ...route, host: 'a b' }, `property "host" validation failed: failed to match pattern "${hostPattern}" with "a b"`],
  ['a label that is no string', RouteSchema, { ...route, labels: { env: {} } }, 'property "labels" validation failed: failed to validate env (matching ".*"): wrong type: expected string, got table'],
  ['neither uri nor uris', RouteSchema, { plugins: {} }, 'allOf 1 failed: value should match only one schema, but matches none'],
  ['both uri and uris', RouteSchema, { ...route, uris: ['/b'] }, 'allOf 1 failed: value should match only one schema, but matches both schemas 1 and 2'],
  ['nothing to do', RouteSchema, { uri: '/a' }, `object matches none of the required: ${targets}`],
  ['script beside plugins', RouteSchema, { ...route, script: 'return something' }, 'value wasn\'t supposed to match schema'],
  ['a bad id', RouteSchema, { ...route, id: 'a b' }, 'property "id" validation failed: object matches none of the required'],
  ['a fractional priority', RouteSchema, { ...route, priority: 1.5 }, 'property "priority" validation failed: wrong type: expected integer, got number'],
  ['a bad node', UpstreamSchema, { nodes: { 'a b': 1 } }, 'property "nodes" validation failed: object matches none of the required'],
  ['no nodes', UpstreamSchema, {}, 'value should match only one schema, but matches none'],
  ['a client certificate without a key', UpstreamSchema, { nodes: {}, tls: { client_cert: 'c'.repeat(128) } }, 'property "tls" validation failed: failed to validate dependent schema for "client_cert": property "client_key" is required'],
  ['a server certificate without a name', SslSchema, { cert: 'c'.repeat(128), key: 'k'.repeat(64) }, 'then clause did not match'],
  ['a client certificate without a key', SslSchema, { type: 'client', cert: 'c'.repeat(128) }, 'else clause did not match'],
  ['a field of old releases', SslSchema, { cert: 'c'.repeat(128), key: 'k'.repeat(64), sni: 'a', validity_start: 1 }, 'additional properties forbidden, found validity_start'],
  ['a null', RouteSchema, { ...route, hosts: null }, 'property "hosts" validation failed: wrong type: expected array, got userdata']
]

for (const [group, rows] of Object.entries({ 'a reason': keywords, 'a path': paths, 'a resource': resources })) {
  t.test(`${group} is worded as APISIX words it`, async t => {
    for (const [what, schema, value, complaint] of rows) t.equal(complaintOf(schema, value), complaint, what)
  })
}

t.test('of several mistakes the one whose keyword APISIX looks at first is reported', async t => {
  const schema = { type: 'object', properties: { p: { type: 'string' } }, additionalProperties: false, minProperties: 3, anyOf: [{ required: ['z'] }] }
  t.equal(complaintOf(schema, { q: 1, p: 1 }), 'property "p" validation failed: wrong type: expected string, got number')
  t.equal(complaintOf(schema, { q: 1 }), 'additional properties forbidden, found q')
  t.equal(complaintOf(schema, { p: 'a' }), 'expect object to have at least 3 properties')
})

t.test('the path of a complaint leads to the value at fault', async t => {
  const result = compileValidator(RouteSchema, { fillDefaults: false })({ ...route, upstream: { nodes: {}, 'a/b': 1 } })
  t.match(result, { kind: 'invalid', issue: { path: ['upstream', 'a/b'] } })
  const atRoot = compileValidator(RouteSchema, { fillDefaults: false })('text')
  t.strictSame(atRoot.kind === 'invalid' && atRoot.issue.path, [])
})

t.test('a secret reference skips every check of a string but not that of its type', async t => {
  const schema = { type: 'object', properties: { p: { type: 'string', minLength: 99, pattern: '^x$', enum: ['x'] }, n: { type: 'number' } } }
  t.equal(complaintOf(schema, { p: '$secret://vault/1/p' }), undefined)
  t.equal(complaintOf(schema, { p: '$ENV://P' }), undefined)
  t.equal(complaintOf(schema, { p: '$Secret://vault/1/p' })?.startsWith('property "p" validation failed'), true)
  t.equal(complaintOf(schema, { n: '$env://N' }), 'property "n" validation failed: wrong type: expected number, got string')
  t.equal(complaintOf(SslSchema, { cert: '$env://CERT', key: '$env://KEY', sni: 'a' }), undefined)
  t.equal(complaintOf(SslSchema, { cert: '$env://CERT', key: '$env://KEY', sni: 'a b' })?.startsWith('property "sni"'), true)
})

t.test('an empty array is an empty object and the reverse, as for Lua', async t => {
  t.equal(complaintOf(RouteSchema, { uri: '/a', plugins: [] }), undefined)
  t.equal(complaintOf(RouteSchema, { plugins: {}, uris: {} }), 'property "uris" validation failed: expect array to have at least 1 items')
  t.equal(complaintOf(RouteSchema, { ...route, methods: {} }), undefined)
  t.equal(complaintOf(RouteSchema, { ...route, timeout: [] }), 'property "timeout" validation failed: property "connect" is required')
  t.equal(complaintOf(RouteSchema, { ...route, plugins: [1] }), 'property "plugins" validation failed: wrong type: expected object, got table')
  t.strictSame(compileValidator(RouteSchema, { fillDefaults: true })({ uri: '/a', plugins: [] }),
    { kind: 'valid', value: { uri: '/a', plugins: {}, priority: 0, status: 1 } })
})

t.test('defaults are filled into a copy, and only when they are asked for', async t => {
  const schema = Type.Object({ mode: Type.Optional(StringEnum(['a', 'b'], { default: 'a' })) })
  const value = {}
  t.strictSame(compileValidator(schema, { fillDefaults: true })(value), { kind: 'valid', value: { mode: 'a' } })
  t.strictSame(compileValidator(schema, { fillDefaults: false })(value), { kind: 'valid', value: {} })
  t.strictSame(value, {})
})

t.test('a secret reference passes inside the branches of a choice as well', async t => {
  const member = (name: string, schema: object) => ({ required: [name], properties: { [name]: schema } })
  const schema = { type: 'object', oneOf: [member('a', { type: 'string', minLength: 99 }), member('b', { enum: ['x'] })] }
  t.equal(complaintOf(schema, { a: '$secret://vault/1/a' }), undefined)
  t.equal(complaintOf(schema, { b: '$env://B' }), undefined)
  t.equal(complaintOf(schema, { a: 'short' }), 'value should match only one schema, but matches none')
  t.equal(complaintOf({ if: { properties: { p: { const: 'x' } } }, then: { required: ['q'] } }, { p: '$env://P', q: 1 }), undefined)
  t.equal(complaintOf({ oneOf: [{ minLength: 99 }, { pattern: '^x' }] }, '$env://P'), undefined)
  t.equal(complaintOf({ anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, '$env://P'), undefined, 'a choice of any type')
  t.equal(complaintOf({ type: 'integer', minimum: 1 }, '$env://P'), 'wrong type: expected integer, got string')
  t.equal(complaintOf(RouteSchema, { uri: '$env://URI', remote_addr: '$env://ADDR', host: '$env://HOST', plugins: {} }), undefined)
})

t.test('numbers are quoted as they are, however many digits they have', async t => {
  t.equal(complaintOf({ minimum: 0 }, -1234567890123456), 'expected -1234567890123456 to be at least 0')
  t.equal(complaintOf({ maximum: 1 }, 1.0000000000000002), 'expected 1.0000000000000002 to be at most 1')
  t.equal(complaintOf({ type: 'integer' }, 2.0), undefined)
})

t.test('a value that is nested a thousand deep is judged, not broken on', async t => {
  let deep: unknown = 1
  for (let depth = 0; depth < 1000; depth++) deep = { a: deep }
  t.equal(complaintOf(RouteSchema, { uri: '/a', plugins: {}, labels: deep }), 'property "labels" validation failed: failed to validate a (matching ".*"): wrong type: expected string, got table')
})

t.test('our own schemas are JSON Schema, which is not looked at when they are compiled', async t => {
  for (const schema of [ConfigSchema, ...Object.values(resourceKinds).map(kind => kind.schema), ...Object.values(secretManagerSchemas)]) t.doesNotThrow(() => assertSchema(schema))
})

t.test('a schema that is none is refused, and the reason says where', async t => {
  const cases: ReadonlyArray<readonly [schema: object, reason: string]> = [
    [{ type: 'nonsense' }, 'schema/type must be equal to one of the allowed values'],
    [{ properties: { a: { minimum: 'x' } } }, 'schema/properties/a/minimum must be number'],
    [{ required: 'a' }, 'schema/required must be array'],
    [{ pattern: '(' }, 'Invalid regular expression: /(/']
  ]
  for (const [schema, reason] of cases) t.match(complaintAbout(schema), reason)
})

function complaintAbout (schema: object): string | undefined {
  try {
    assertSchema(schema as TSchema)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
