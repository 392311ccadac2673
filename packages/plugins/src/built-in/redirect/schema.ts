import { WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

export const RedirectSchema = Type.Object({
  http_to_https: Type.Optional(Type.Boolean()),
  uri: Type.Optional(Type.String({ minLength: 2 })),
  regex_uri: Type.Optional(Type.Array(Type.String(), { minItems: 2, maxItems: 2, description: 'pattern, replacement' })),
  ret_code: WithDefault(Type.Integer({ minimum: 200, maximum: 599, default: 302 })),
  encode_uri: WithDefault(Type.Boolean({ default: false })),
  append_query_string: WithDefault(Type.Boolean({ default: false }))
}, {
  oneOf: [{ required: ['uri'] }, { required: ['regex_uri'] }, { required: ['http_to_https'] }]
})
export type Redirect = Static<typeof RedirectSchema>

/** `plugin_attr.redirect` of config.yaml. */
export const RedirectAttrSchema = Type.Object({
  https_port: Type.Optional(Type.Integer({ description: 'the port of `http_to_https`; 443 and what is no port are left out' }))
}, { additionalProperties: false })
