import { createReadStream } from 'node:fs'
import { codeOf, CommandError } from './command-error.ts'

const maxBytes = 4 * 1024 * 1024

const complaints: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder']
])

/** A whole file, or a pipe, up to 4 MiB. */
export async function readOctets (file: string): Promise<Buffer> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of createReadStream(file, { end: maxBytes })) chunks.push(chunk as Buffer) // no encoding is set
    const octets = Buffer.concat(chunks)
    if (octets.length > maxBytes) throw new CommandError('EFBIG', `cannot read ${file}: it has more than 4 MiB`)
    return octets
  } catch (error) {
    if (error instanceof CommandError) throw error
    const code = codeOf(error)
    throw new CommandError(code, `cannot read ${file}: ${complaints.get(code) ?? (error as Error).message}`, { cause: error })
  }
}
