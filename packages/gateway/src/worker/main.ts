import { enableCompileCache } from 'node:module'

enableCompileCache() // the types were stripped by the worker before
const { runWorker } = await import('./worker.ts')
runWorker()
