import { kinds } from '../../resources/kinds.ts'
import { byManager, byPlugin } from '../../resources/naming.ts'
import type { ResourceKind } from '../../resources/resource-kind.ts'
import { examples } from '../examples.ts'
import { failures } from '../failures.ts'
import { jsonContent, parameterRef, schemaRef, type Operation, type PathItem, type Paths, type Reference, type Schema } from '../openapi-document.ts'
import type { ParameterName } from '../parameters.ts'
import { componentNameOf } from '../schema-components.ts'

/** The paths of every kind: its collection, one object, one member of an object. */
export function resourcePaths (): Paths {
  return Object.assign({}, ...kindsInOrder.map(pathsOf)) as Paths
}

/** Those that stand for themselves before those that belong to another. */
export const kindsInOrder: readonly ResourceKind[] = kinds.toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)

function pathsOf (kind: ResourceKind): Paths {
  const object = `/apisix/admin/${kind.path}`
  const collection = object.replace(/(\/\{\w+\})+$/, '')
  const isNamedByBody = kind.naming !== byPlugin && kind.naming !== byManager
  return {
    [collection]: {
      get: list(kind, collection),
      ...(kind.methods.includes('PUT') && isNamedByBody ? { put: put(kind, collection) } : {}),
      ...(kind.methods.includes('POST') ? { post: post(kind, collection) } : {})
    },
    [object]: objectItem(kind, object),
    ...(kind.methods.includes('PATCH') && kind.hasSubPaths ? { [`${object}/{member}`]: { patch: patchMember(kind, `${object}/{member}`) } } : {})
  }
}

function objectItem (kind: ResourceKind, path: string): PathItem {
  return {
    get: describe(kind, 'get', `Show ${aOf(kind)}`, {
      parameters: parametersOf(path),
      responses: { 200: { description: 'The object, with the revisions of the store at which it was made and changed.', content: jsonContent(shownObject(kind)) }, ...failures('Refused', 'KeyNotFound', 'Unavailable') }
    }),
    ...(kind.methods.includes('PUT') ? { put: put(kind, path) } : {}),
    ...(kind.methods.includes('PATCH') ? { patch: patch(kind, path) } : {}),
    ...(kind.methods.includes('DELETE') ? { delete: remove(kind, path) } : {})
  }
}

function list (kind: ResourceKind, collection: string): Operation {
  const filter: ParameterName[] = kind.filterMembers.length > 0 ? ['filter'] : []
  return describe(kind, 'list', `List every ${kind.noun}`, {
    description: 'Filters are combined with AND. Pages go by the order of creation, the whole list by that of the keys.',
    parameters: parametersOf(collection, 'name', 'label', 'uri', ...filter, 'page', 'page_size'),
    responses: {
      200: {
        description: '`total` counts what passed the filters, before paging.',
        content: jsonContent({ type: 'object', properties: { total: { type: 'integer' }, list: { type: 'array', items: shownObject(kind) } }, required: ['total', 'list'] })
      },
      ...failures('Refused', 'Unavailable', ...(kind.isMissingWhenEmpty ? ['KeyNotFound'] as const : []))
    }
  })
}

function put (kind: ResourceKind, path: string): Operation {
  const byPath = path.endsWith('}')
  return describe(kind, byPath ? 'put' : 'putNamed', `Create or replace ${aOf(kind)}${byPath ? '' : ', named by its body'}`, {
    parameters: parametersOf(path, 'ttl'),
    ...bodyOf(kind),
    responses: { 200: written(kind, 'It was there and is replaced.'), 201: written(kind, 'It was not there.'), ...failures('Refused', 'Unavailable') }
  })
}

function post (kind: ResourceKind, path: string): Operation {
  return describe(kind, 'post', `Create ${aOf(kind)} under a new id`, {
    parameters: parametersOf(path, 'ttl'),
    ...bodyOf(kind),
    responses: { 201: written(kind, 'It is made, under an id of 20 digits.'), ...failures('Refused', 'Unavailable') }
  })
}

function patch (kind: ResourceKind, path: string): Operation {
  return describe(kind, 'patch', `Change ${aOf(kind)}`, {
    description: 'The body is merged into the object: `null` removes a member, arrays replace.',
    parameters: parametersOf(path, 'ttl'),
    requestBody: { required: true, content: jsonContent({ type: 'object' }) },
    responses: { 200: written(kind, 'It is changed.'), ...failures('Refused', 'KeyNotFound', 'Unavailable') }
  })
}

function patchMember (kind: ResourceKind, path: string): Operation {
  return describe(kind, 'patchMember', `Set one member of ${aOf(kind)}`, {
    description: 'The body is the value, `null` too. What is missing on the way is made.',
    parameters: parametersOf(path, 'ttl'),
    requestBody: { required: true, content: jsonContent({}) },
    responses: { 200: written(kind, 'It is set.'), ...failures('Refused', 'KeyNotFound', 'Unavailable') }
  })
}

function remove (kind: ResourceKind, path: string): Operation {
  const force: ParameterName[] = kind.holders.length > 0 ? ['force'] : []
  return describe(kind, 'delete', `Delete ${aOf(kind)}`, {
    parameters: parametersOf(path, ...force),
    responses: {
      200: { description: 'It is gone.', content: jsonContent({ type: 'object', properties: { key: { type: 'string' }, deleted: { const: '1' } }, required: ['key', 'deleted'] }) },
      ...failures('Refused', 'KeyNotFound', 'Unavailable')
    }
  })
}

function aOf ({ noun }: ResourceKind): string {
  return /^([aeiou]|ssl)/.test(noun) ? `an ${noun}` : `a ${noun}`
}

function describe (kind: ResourceKind, verb: string, summary: string, rest: Omit<Operation, 'operationId' | 'tags' | 'summary'>): Operation {
  return { operationId: `${verb}${componentNameOf(kind)}`, tags: [kind.noun], summary, ...rest }
}

/** Those in the path, then the others. */
function parametersOf (path: string, ...others: readonly ParameterName[]): Reference[] {
  return [...Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name), ...others].map(parameterRef)
}

function bodyOf (kind: ResourceKind): Pick<Operation, 'requestBody'> & object {
  return { requestBody: { required: true, content: jsonContent(schemaRef(componentNameOf(kind)), examples[kind.noun]) } }
}

function written (kind: ResourceKind, description: string) {
  return { description, content: jsonContent({ type: 'object', properties: { key: { type: 'string' }, value: storedRef(kind) }, required: ['key', 'value'] }) }
}

function shownObject (kind: ResourceKind): Schema {
  return {
    type: 'object',
    properties: { key: { type: 'string' }, value: storedRef(kind), createdIndex: { type: 'integer' }, modifiedIndex: { type: 'integer' } },
    required: ['key', 'value', 'createdIndex', 'modifiedIndex']
  }
}

function storedRef (kind: ResourceKind): Schema {
  return schemaRef(`Stored${componentNameOf(kind)}`)
}
