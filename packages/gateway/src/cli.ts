#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

enableCompileCache() // the second start does not strip types again
const { runCli } = await import('./command-line.ts')
await runCli(process.argv.slice(2))
