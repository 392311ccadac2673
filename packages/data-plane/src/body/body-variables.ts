import { argumentOf } from '@clinch/plugins'
import { parseForm, type FormFields } from './form-fields.ts'
import { readGraphql, type GraphqlRequest } from './graphql-request.ts'
import { memberAt } from './member-at.ts'

/** What has to be read of a body: for `post_arg_*` and `post_arg.*`, or for `graphql_*`. */
export type BodyVariableKind = 'post_arg' | 'graphql'

/** A longer body has none of these variables. */
export type BodyVariableLimits = Readonly<Record<BodyVariableKind, number>>

/** The request as its body's variables are read from it. */
export interface BodySource {
  readonly method: string
  readonly query: string
  readonly hasBody: boolean
  readonly headers: { get (name: string): string | undefined }
  readBody (limitBytes: number): Promise<Buffer | undefined>
}

/** Which of them a text mentions, such as an expression or a plugin's configuration. */
export function bodyVariableKindsIn (text: string): readonly BodyVariableKind[] {
  const kinds: BodyVariableKind[] = []
  if (/post_arg[_.]/.test(text)) kinds.push('post_arg')
  if (/graphql_(?:operation|name|root_fields)/.test(text)) kinds.push('graphql')
  return kinds
}

/**
 * The variables of data-plane.md 6.2 that are in a request's body. Nothing is read until somebody asks for one: that
 * leaves `wanted` filled, and after `read` there is an answer.
 */
export class BodyVariables {
  /** Asked for, and not to be known without reading the body. */
  readonly wanted = new Set<BodyVariableKind>()
  readonly #source: BodySource
  readonly #limits: BodyVariableLimits
  readonly #tried = new Set<BodyVariableKind>()
  #bytes: Buffer | undefined
  #members: unknown
  #form: FormFields | undefined
  #graphql: GraphqlRequest | undefined | null = null

  constructor (source: BodySource, limits: BodyVariableLimits) {
    this.#source = source
    this.#limits = limits
  }

  /** Undefined when there is nothing to wait for. */
  read (kinds: Iterable<BodyVariableKind>): Promise<void> | undefined {
    const open = [...kinds].filter(kind => this.#isUnread(kind))
    return open.length === 0 ? undefined : this.#readFor(open)
  }

  /** The value, which for members of JSON and for lists is more than text; undefined for what is no such variable or has no value. */
  value (name: string): unknown {
    if (name.startsWith('post_arg_')) return this.#isKnown('post_arg') ? first(this.#urlEncoded?.[name.slice('post_arg_'.length)]) : undefined
    if (name.startsWith('post_arg.')) return this.#isKnown('post_arg') ? memberAt(this.#members, name.slice('post_arg.'.length)) : undefined
    switch (name) {
      case 'graphql_operation': return this.#graphqlRequest?.operation
      case 'graphql_name': return this.#graphqlRequest?.name
      case 'graphql_root_fields': return this.#graphqlRequest?.rootFields
    }
    return undefined
  }

  async #readFor (kinds: readonly BodyVariableKind[]): Promise<void> {
    const limitBytes = Math.max(...kinds.map(kind => this.#limits[kind]))
    this.#bytes ??= await this.#source.readBody(limitBytes)
    for (const kind of kinds) {
      this.wanted.delete(kind)
      this.#tried.add(kind)
    }
    if (kinds.includes('post_arg') && this.#fits('post_arg')) this.#members = await this.#parseMembers()
  }

  async #parseMembers (): Promise<unknown> {
    if (this.#type === 'application/json') return parseJson(this.#text)
    this.#form = await parseForm(this.#bytes ?? noBytes, this.#source.headers.get('content-type') ?? '')
    return this.#form
  }

  #isKnown (kind: BodyVariableKind): boolean {
    if (!this.#isUnread(kind)) return this.#fits(kind)
    this.wanted.add(kind)
    return false
  }

  #isUnread (kind: BodyVariableKind): boolean {
    return this.#source.hasBody && !this.#tried.has(kind)
  }

  #fits (kind: BodyVariableKind): boolean {
    return this.#bytes !== undefined && this.#bytes.length <= this.#limits[kind]
  }

  get #urlEncoded (): FormFields | undefined {
    return this.#type === 'application/x-www-form-urlencoded' ? this.#form : undefined
  }

  get #graphqlRequest (): GraphqlRequest | undefined {
    if (this.#source.method !== 'GET' && !this.#isKnown('graphql')) return undefined
    if (this.#graphql === null) {
      const document = this.#source.method === 'GET' ? argumentOf(this.#source.query, 'query') : this.#graphqlDocument
      this.#graphql = document === undefined || document.length > this.#limits.graphql ? undefined : readGraphql(document)
    }
    return this.#graphql
  }

  get #graphqlDocument (): string | undefined {
    if (this.#type !== 'application/json') return this.#text
    const document = memberAt(parseJson(this.#text), 'query')
    return typeof document === 'string' ? document : undefined
  }

  get #type (): string {
    const [type = ''] = (this.#source.headers.get('content-type') ?? '').split(';', 1)
    return type.trim().toLowerCase()
  }

  get #text (): string { return (this.#bytes ?? noBytes).toString('utf8') }
}

const noBytes = Buffer.alloc(0)

function first (value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a body that is no JSON has no members
  }
}
