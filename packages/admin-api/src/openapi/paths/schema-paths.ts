import { failures } from '../failures.ts'
import { jsonContent, parameterRef, type Paths } from '../openapi-document.ts'

const tags = ['schemas'] as const

/** Schemas to read and to try a body against. */
export const schemaPaths: Paths = {
  '/apisix/admin/schema/{schema}': {
    get: {
      operationId: 'showSchema',
      tags,
      summary: 'Show the schema of a kind',
      parameters: [parameterRef('schema')],
      responses: { 200: { description: 'A JSON Schema (draft 7).', content: jsonContent({ type: 'object' }) }, ...failures('Refused') }
    }
  },
  '/apisix/admin/schema/validate/{collection}': {
    post: {
      operationId: 'tryBody',
      tags,
      summary: 'Try a body against the schema of a kind',
      description: 'The schema alone: plugins, references and certificates are not looked at, and nothing is stored.',
      parameters: [parameterRef('collection')],
      requestBody: { required: true, content: jsonContent({}) },
      responses: { 200: { description: 'It is valid. No body.' }, ...failures('Refused', 'NotFound') }
    }
  }
}

/** This document. */
export const documentPaths: Paths = {
  '/apisix/admin/openapi.json': {
    get: {
      operationId: 'showOpenApi',
      tags,
      summary: 'Show this document',
      responses: { 200: { description: 'OpenAPI 3.1, with the plugins that are loaded now.', content: jsonContent({ type: 'object', required: ['openapi'] }) }, ...failures() }
    }
  },
  '/apisix/admin/docs': {
    get: {
      operationId: 'readDocs',
      tags,
      summary: 'Read this document as a page',
      description: 'Without a key, a page that asks for one.',
      security: [],
      responses: { 200: { description: 'The page.', content: { 'text/html; charset=utf-8': { schema: { type: 'string' } } } }, ...failures() }
    },
    post: {
      operationId: 'readDocsWithKey',
      tags,
      summary: 'The same, with the key in the body: what the page that asks for it sends',
      security: [],
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', properties: { api_key: { type: 'string' } }, required: ['api_key'] } } } },
      responses: { 200: { description: 'The page.', content: { 'text/html; charset=utf-8': { schema: { type: 'string' } } } }, ...failures() }
    }
  }
}
