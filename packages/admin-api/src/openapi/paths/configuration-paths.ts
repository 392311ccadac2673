import { failures } from '../failures.ts'
import { jsonContent, type Paths, type Response } from '../openapi-document.ts'

const tags = ['configuration'] as const
const document = { type: 'object', description: 'By the plural name of a kind, a list of objects; `{name}_conf_version` counts its changes.' }
const documentBody = { required: true, content: { ...jsonContent(document), 'application/yaml': { schema: document } } }
const marks = {
  'X-Last-Modified': { description: 'when the configuration was accepted, Unix seconds; absent before that', schema: { type: 'integer' } },
  'X-Digest': { description: 'what the client called it; absent before that', schema: { type: 'string' } }
}

/** Whether the API is there. */
export const livenessPaths: Paths = {
  '/apisix/admin': {
    head: { operationId: 'isAlive', tags, summary: 'Is the API there?', security: [], responses: { 200: { description: 'It is.' }, 403: { description: '`allow_admin` does not list the address.' } } }
  }
}

export const validationPaths: Paths = {
  '/apisix/admin/configs/validate': {
    post: {
      operationId: 'validateConfiguration',
      tags,
      summary: 'Tell everything that is wrong with a configuration',
      description: 'Nothing is stored.',
      requestBody: documentBody,
      responses: {
        200: { description: 'Nothing is wrong.', content: jsonContent({ type: 'object' }, {}) },
        ...failures('Refused')
      }
    }
  }
}

const shown = (description: string): Response => ({ description, headers: marks, content: { ...jsonContent(document), 'application/yaml': { schema: document } } })

/** The configuration as a whole, where it is replaced as a whole. */
export const standalonePaths: Paths = {
  '/apisix/admin/configs': {
    get: { operationId: 'showConfiguration', tags, summary: 'Show the whole configuration', description: 'YAML, if `Accept` begins with `application/yaml`.', responses: { 200: shown('As it was accepted.'), ...failures() } },
    head: { operationId: 'showConfigurationMarks', tags, summary: 'Which configuration is it?', responses: { 200: { description: 'The headers alone.', headers: marks }, 401: { description: 'The key is missing, wrong, or a viewer\'s.' } } },
    put: {
      operationId: 'replaceConfiguration',
      tags,
      summary: 'Replace the whole configuration',
      description: 'A list whose version is not higher stays as it is.',
      parameters: [{ name: 'X-Digest', in: 'header', required: true, description: 'what the client calls this configuration', schema: { type: 'string' } }],
      requestBody: documentBody,
      responses: { 202: { description: 'It is in force.', headers: marks }, 204: { description: 'It was so already: the digest is the one of before.' }, ...failures('Refused') }
    }
  }
}
