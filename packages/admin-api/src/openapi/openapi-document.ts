/** A JSON Schema 2020-12, or a reference to one. */
export type Schema = Readonly<Record<string, unknown>>

export interface Reference { readonly $ref: string }

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required?: boolean
  readonly description: string
  readonly schema: Schema
}

export interface MediaType {
  readonly schema: Schema
  readonly example?: unknown
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description: string, readonly schema: Schema }>>
  readonly content?: Readonly<Record<string, MediaType>>
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly [string]
  readonly summary: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<Parameter | Reference>
  readonly requestBody?: { readonly required: boolean, readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<Record<string, Response | Reference>>
  /** Empty: no key is asked for. Absent: that of the whole document. */
  readonly security?: readonly []
}

export const httpMethods = ['get', 'put', 'post', 'delete', 'head', 'patch'] as const
export type PathItem = Readonly<Partial<Record<typeof httpMethods[number], Operation>>>
export type Paths = Readonly<Record<string, PathItem>>

/** As much of OpenAPI 3.1 as the Admin API is described with. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string, readonly version: string, readonly summary: string, readonly description: string, readonly license: { readonly name: string, readonly identifier: string } }
  readonly servers: ReadonlyArray<{ readonly url: string, readonly description: string }>
  readonly security: ReadonlyArray<Readonly<Record<string, readonly string[]>>>
  readonly tags: ReadonlyArray<{ readonly name: string, readonly description: string }>
  readonly paths: Paths
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Response>>
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

export function schemaRef (name: string): Reference & Schema {
  return { $ref: `#/components/schemas/${name}` }
}

export function responseRef (name: string): Reference {
  return { $ref: `#/components/responses/${name}` }
}

export function parameterRef (name: string): Reference {
  return { $ref: `#/components/parameters/${name}` }
}

export function jsonContent (schema: Schema, example?: unknown): Readonly<Record<string, MediaType>> {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
}
