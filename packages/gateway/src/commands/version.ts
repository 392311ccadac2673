import { product } from '../product.ts'
import type { Command } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { print } from './output.ts'

export const version: Command = {
  name: 'version',
  synopsis: '',
  summary: 'print the version',
  details: 'Exit status: 0.',
  options: [],
  async run () {
    print(`${product.name} ${product.version}`)
    return exitStatus.done
  }
}
