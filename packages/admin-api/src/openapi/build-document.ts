import type { PluginCatalog } from '@clinch/plugins'
import type { AdminContext } from '../context.ts'
import { productVersion } from '../product.ts'
import { failureResponses } from './failures.ts'
import type { OpenApiDocument, Paths } from './openapi-document.ts'
import { parameters } from './parameters.ts'
import { livenessPaths, standalonePaths, validationPaths } from './paths/configuration-paths.ts'
import { ocspPaths } from './paths/ocsp-paths.ts'
import { pluginPaths } from './paths/plugin-paths.ts'
import { kindsInOrder, resourcePaths } from './paths/resource-paths.ts'
import { documentPaths, schemaPaths } from './paths/schema-paths.ts'
import { schemaComponents } from './schema-components.ts'

const otherTags = [
  { name: 'plugins', description: 'The plugins that are loaded.' },
  { name: 'schemas', description: 'What a body may be, and this document.' },
  { name: 'configuration', description: 'The configuration as a whole.' },
  { name: 'ocsp', description: 'What the OCSP agent of this machine holds, and what it can be told.' }
]

const description = `Bodies are JSON whatever they call themselves, and have at most 1.5 MiB. Answers end with a line feed.
The key goes into the header \`X-API-KEY\`; \`api_key\` in the query comes before it, the cookie \`x_api_key\` after it.
A key of the role \`viewer\` may only GET. Any text in a body may be a reference to a secret in its place:
\`$secret://...\` or \`$env://...\`.`

const legacyNote = `

\`admin_api_version\` is not \`v3\` here: successes of resources have the format \`{"action", "node": {"key", "value"}}\`, and lists
neither filters nor pages. What follows is the format of \`v3\`.`

/** Caches the document for as long as the plugins are the same. */
export function createDocument (api: AdminContext): () => OpenApiDocument {
  const built = new WeakMap<PluginCatalog, OpenApiDocument>()
  return () => {
    const catalog = api.plugins()
    const document = built.get(catalog) ?? buildDocument({ ...api, plugins: () => catalog })
    built.set(catalog, document)
    return document
  }
}

/** The Admin API in OpenAPI 3.1, from the schemas that it checks with, as the loaded plugins extend them. */
function buildDocument (api: AdminContext): OpenApiDocument {
  const paths = pathsOf(api)
  const used = new Set(Object.values(paths).flatMap(item => Object.values(item).map(({ tags: [tag] }) => tag)))
  const tags = [...kindsInOrder.map(({ noun, path }) => ({ name: noun, description: `\`${path}\`` })), ...otherTags]
  return {
    openapi: '3.1.1',
    info: { title: 'Clinch Admin API', version: productVersion, summary: 'Reads and writes the configuration of a gateway, as the one of APISIX does.', description: api.apiVersion === 'v2' ? description + legacyNote : description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/', description: 'where this document comes from' }],
    security: [{ header: [] }, { query: [] }, { cookie: [] }],
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
    components: {
      schemas: schemaComponents(api),
      responses: failureResponses,
      parameters,
      securitySchemes: {
        header: { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
        query: { type: 'apiKey', in: 'query', name: 'api_key' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'x_api_key' }
      }
    }
  }
}

function pathsOf ({ standalone }: AdminContext): Paths {
  const always = { ...livenessPaths, ...validationPaths, ...ocspPaths, ...documentPaths }
  return standalone === undefined ? { ...resourcePaths(), ...pluginPaths, ...schemaPaths, ...always } : { ...standalonePaths, ...always }
}
