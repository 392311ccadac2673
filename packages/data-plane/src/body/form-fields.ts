import { Busboy } from '@fastify/busboy'
import { argumentsOf } from '@clinch/plugins'

/** Names to values; a list where a name comes several times. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>

/** A form has fewer fields, or it is none that anybody wrote. */
const mostFields = 1000

/** The fields of a form, without files; undefined for what is no form or cannot be read. */
export async function parseForm (bytes: Buffer, contentType: string): Promise<FormFields | undefined> {
  const type = contentType.trimStart().toLowerCase()
  if (type.startsWith('application/x-www-form-urlencoded')) return collect(argumentsOf(bytes.toString('utf8'), mostFields))
  return type.startsWith('multipart/form-data') ? await parseMultipart(bytes, contentType) : undefined
}

async function parseMultipart (bytes: Buffer, contentType: string): Promise<FormFields | undefined> {
  const fields: Array<readonly [string, string]> = []
  return await new Promise(resolve => {
    const fail = (): void => resolve(undefined)
    try {
      const parser = new Busboy({ headers: { 'content-type': contentType }, limits: { fields: mostFields, parts: mostFields, fieldSize: bytes.length + 1 } })
      parser.on('field', (name, value) => fields.push([name, value]))
      parser.on('file', (_name, stream) => stream.on('error', fail).resume())
      parser.on('error', fail)
      parser.on('finish', () => resolve(collect(fields)))
      parser.end(bytes)
    } catch {
      fail() // a content type without a boundary
    }
  })
}

function collect (pairs: Iterable<readonly [string, string]>): FormFields {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]> // names are the client's
  for (const [name, value] of pairs) {
    const before = fields[name]
    if (before === undefined) fields[name] = value
    else if (typeof before === 'string') fields[name] = [before, value]
    else before.push(value)
  }
  return fields
}
