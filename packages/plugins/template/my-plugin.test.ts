import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTINUE } from '@clinch/plugins'
import { fakeRequest, fakeResponse, tryPlugin } from '@clinch/plugins/testing'
import exported from './my-plugin.ts'

// As a worker of the gateway has it: shape and schemas are checked, defaults filled in.
const plugin = await tryPlugin(exported)

test('every answer greets', () => {
  const { headerFilter } = plugin.create({ greeting: 'good morning, $remote_addr' })
  const response = fakeResponse()
  headerFilter?.(fakeRequest({ variables: { remote_addr: '192.0.2.1' } }), response)
  assert.equal(response.headers.get('X-Greeting'), 'good morning, 192.0.2.1')
})

test('who leaves out the required field is refused, and the log says so', async () => {
  const { access } = plugin.create({ required_field: 'X-Caller' })
  assert.equal(await access?.(fakeRequest({ fields: ['x-caller', 'alice'] })), CONTINUE)
  assert.deepEqual(await access?.(fakeRequest()), { kind: 'respond', response: { status: 401, body: { message: 'the field X-Caller is missing' } } })
  assert.equal(plugin.lines.at(-1)?.['msg'], 'a field is missing')
})

test('a configuration that makes no sense is refused', () => {
  assert.equal(plugin.complaintAbout({}), undefined)
  assert.equal(plugin.complaintAbout({ greting: 'hello' }), 'additional properties forbidden, found greting')
  assert.equal(plugin.complaintAbout({ greeting: 'two\nlines' }), 'greeting must be one line')
})
