import type { Parameter } from './openapi-document.ts'

const inPath = (name: string, description: string, schema: Parameter['schema'] = { type: 'string' }): Parameter => ({ name, in: 'path', required: true, description, schema })
const inQuery = (name: string, description: string, schema: Parameter['schema'] = { type: 'string' }): Parameter => ({ name, in: 'query', description, schema })

/** Every parameter of the document; each stands here once. */
export const parameters = {
  id: inPath('id', 'the id, or what the kind goes by: a user name, a plugin', { type: 'string', minLength: 1 }),
  owner: inPath('owner', 'what the object belongs to: a consumer, a service, a secret manager'),
  member: inPath('member', 'the way to one member, a segment for each level: `upstream/nodes`'),
  plugin: inPath('plugin', 'the name of a loaded plugin'),
  schema: inPath('schema', 'the singular noun of a kind, such as `route`, or one of the helper schemas'),
  collection: inPath('collection', 'the plural name of a kind, such as `routes`'),
  ssl: inPath('ssl', 'the id of an ssl'),
  fingerprint: inPath('fingerprint', 'SHA-256 of a certificate, in hexadecimal, with or without colons'),
  ttl: inQuery('ttl', 'seconds after which the object goes away; without it the object stays', { type: 'integer', minimum: 1, maximum: 9_000_000_000 }),
  force: inQuery('force', '`true`: delete it even if other objects refer to it', { type: 'string', enum: ['true'] }),
  name: inQuery('name', 'a regular expression (PCRE), searched for in `name`'),
  label: inQuery('label', 'the key of a label'),
  uri: inQuery('uri', 'a regular expression (PCRE), searched for in `uri` and `uris`'),
  filter: inQuery('filter', 'a query string within the query string: `service_id%3D1%26upstream_id%3Du2`'),
  page: inQuery('page', 'the number of a page, from 1; only together with `page_size`', { type: 'integer', minimum: 1 }),
  page_size: inQuery('page_size', 'objects a page', { type: 'integer', minimum: 10, maximum: 500 }),
  subsystem: inQuery('subsystem', 'http when left out; no plugin is of stream', { type: 'string', enum: ['http', 'stream'] }),
  schema_type: inQuery('schema_type', '`consumer`: what stands under the plugin on a consumer', { type: 'string', enum: ['consumer'] }),
  all: inQuery('all', '`true`: all plugins with all that they define', { type: 'string', enum: ['true'] })
} as const satisfies Record<string, Parameter>

export type ParameterName = keyof typeof parameters
