import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package of the contract, as this gateway has it. */
const contractFolder = resolve(dirname(fileURLToPath(import.meta.resolve('@clinch/plugins'))), '..')
const templateFolder = join(contractFolder, 'template')
const templateName = 'my-plugin'

export interface MadePlugin {
  /** Where its files are, as it was asked for. */
  readonly folder: string
  readonly files: readonly string[]
}

/**
 * Copies the template of a plugin under a name. Its package is linked to the contract of this gateway.
 *
 * @throws Error with a sentence for the author when the folder holds something already, or cannot be written
 */
export async function makePlugin (name: string, folder: string): Promise<MadePlugin> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`)
  const sources = (await readdir(templateFolder, { withFileTypes: true })).filter(entry => entry.isFile()).map(entry => entry.name)
  const files = []
  for (const source of sources.sort()) {
    const file = source === 'gitignore' ? '.gitignore' : source.replace(templateName, name)
    const text = (await readFile(join(templateFolder, source), 'utf8')).replaceAll(templateName, name)
    await writeFile(join(folder, file), basename(file) === 'package.json' ? await linkedManifest(text, folder) : text, { flag: 'wx' })
    files.push(file)
  }
  return { folder, files }
}

async function linkedManifest (text: string, folder: string): Promise<string> {
  const manifest = JSON.parse(text) as { peerDependencies: Record<string, string>, devDependencies: Record<string, string> } // the template's
  const { name, version } = JSON.parse(await readFile(join(contractFolder, 'package.json'), 'utf8')) as { name: string, version: string }
  manifest.peerDependencies[name] = `^${version}`
  manifest.devDependencies[name] = `file:${relative(resolve(folder), contractFolder)}`
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}
