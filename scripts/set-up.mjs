// What `npm start` and `npm test` need before they can run: the npm packages, a Node that runs TypeScript, and for the
// tests a built tap and a few commands. npm calls this file first (prestart, pretest), perhaps with an older Node and
// an empty folder: it imports nothing that has to be installed and is plain JavaScript. With nothing to do it is quiet.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installCommands } from './set-up/commands.mjs'
import { SetUpError } from './set-up/errors.mjs'
import { requireNode } from './set-up/node.mjs'
import { installPackages } from './set-up/packages.mjs'
import { buildTap } from './set-up/tap.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const forTests = process.argv.includes('--for-tests')

try {
  await installPackages(root, { withDev: forTests })
  requireNode(root)
  if (forTests) {
    await buildTap(root)
    await installCommands()
  }
} catch (err) {
  if (!(err instanceof SetUpError)) throw err
  console.error(err.message)
  process.exitCode = 1
}
