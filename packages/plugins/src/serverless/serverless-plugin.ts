import { StringEnum, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { Plugin } from '../contract/plugin.ts'

const schema = Type.Object({
  phase: WithDefault(StringEnum(['rewrite', 'access', 'header_filter', 'body_filter', 'log', 'before_proxy'], { default: 'access' })),
  functions: Type.Array(Type.String(), { minItems: 1 })
})

export const noServerless = 'serverless functions in Lua are not supported'

/**
 * A plugin whose configuration is code. It is known so that configurations of APISIX get the clear answer, and may stay
 * where they are with `_meta.disable`; nothing of it is run (adr/0018).
 */
export function serverlessPlugin (name: string, priority: number): Plugin<typeof schema> {
  return {
    name,
    version: 0.1,
    priority,
    schema,
    check: () => noServerless,
    create () { throw new Error(noServerless) }
  }
}
