import { StringEnum, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { isFieldName } from '../../header/field-name.ts'
import { algorithms, createIdGenerator } from './id-generator.ts'
import { maxAlphabet } from './random-characters.ts'

const schema = Type.Object({
  header_name: WithDefault(Type.String({ default: 'X-Request-Id' })),
  include_in_response: WithDefault(Type.Boolean({ default: true })),
  algorithm: WithDefault(StringEnum(algorithms, { default: 'uuid' })),
  range_id: WithDefault(Type.Object({
    length: WithDefault(Type.Integer({ minimum: 6, maximum: 1024, default: 16 })),
    char_set: WithDefault(Type.String({ minLength: 6, maxLength: maxAlphabet, default: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789' }))
  }, { default: {} }))
})

/** Gives every request an id: the client's own if it sent one, else a new one, towards both sides. */
export default {
  name: 'request-id',
  version: 0.1,
  priority: 12015,
  schema,

  check (conf) {
    if (!isFieldName(conf.header_name)) return `invalid header_name: ${conf.header_name}`
    if (!/^[!-~]+$/.test(conf.range_id.char_set)) return 'range_id.char_set must consist of visible ASCII characters'
    return undefined
  },

  create (conf, host) {
    const generateId = createIdGenerator(conf.algorithm, conf.range_id, host.now)
    const note = Symbol('request-id')
    return {
      rewrite (context) {
        let id = context.upstream.headers.lines(conf.header_name)[0] ?? ''
        if (id === '') {
          id = generateId()
          context.upstream.headers.set(conf.header_name, id)
        }
        context.id = id
        if (conf.include_in_response) context.notes.set(note, id)
        return CONTINUE
      },

      headerFilter (context, response) {
        const id = context.notes.get(note)
        if (typeof id === 'string' && !response.headers.get(conf.header_name)) response.headers.set(conf.header_name, id)
      }
    }
  }
} satisfies Plugin<typeof schema>
