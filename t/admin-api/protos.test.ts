import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = '/apisix/admin/protos/1'
// file h.proto: package h; message R { string a = 1; } service G { rpc S (R) returns (R); }
const descriptorSet = 'CjoKB2gucHJvdG8SAWgiDgoBUhIJCgFhGAEgASgJMhQKAUcSDwoBUxIELmguUhoELmguUmIGcHJvdG8z'

t.test('content that compiles is taken, as text and as a descriptor set', async t => {
  const { send } = await startAdmin(t)
  const contents = [
    'syntax = "proto3"; package h; service G { rpc S (R) returns (R); } message R { string a = 1; }',
    'syntax = "proto2"; message A { required string a = 1; optional B b = 2; } enum B { X = 0; }',
    'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp at = 1; }',
    descriptorSet
  ]
  for (const content of contents) {
    const reply = await send('PUT', at, { content })
    t.match(reply.status, /20[01]/, reply.text)
    t.equal(reply.body.value.content, content)
  }
})

t.test('content that does not compile is refused with the reason', async t => {
  const { send } = await startAdmin(t)
  const cases: ReadonlyArray<readonly [content: string, reason: RegExp]> = [
    ['not a proto {', /^invalid content: illegal token 'not' \(line 1\)$/],
    ['syntax = "proto3"; message A { B b = 1; }', /^invalid content: no such Type or Enum 'B' in Type \.A$/],
    ['syntax = "proto3"; import "other.proto";', /^invalid content: import "other.proto": other files cannot be imported, send a FileDescriptorSet$/],
    ['syntax = "proto3"; message A {', /^invalid content: /],
    ['AAAA', /^invalid content: /],
    ['hello', /^invalid content: /],
    [descriptorSet.slice(0, 40), /^invalid content: /],
    [`syntax = "proto3"; ${'message A { '.repeat(50_000)}`, /^invalid content: /]
  ]
  for (const [content, reason] of cases) {
    const reply = await send('PUT', at, { content })
    t.equal(reply.status, 400)
    t.match(reply.body.error_msg, reason)
  }
  t.equal((await send('PUT', at, {})).body.error_msg, 'invalid configuration: property "content" is required')
  t.equal((await send('PUT', at, { content: '' })).body.error_msg, 'invalid configuration: property "content" validation failed: string too short, expected at least 1, got 0')
})
