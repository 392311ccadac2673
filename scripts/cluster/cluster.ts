// npm run cluster [-- --dir DIR] [--network 127.0.30] [--data-planes N] [--restart]
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ClusterError } from './cluster-error.ts'
import { describeEnd, type NodeProcess } from './node-process.ts'
import { startCluster } from './start-cluster.ts'
import { whatToTry } from './what-to-try.ts'

const stopping = new AbortController()
const asked = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping.abort()
    asked.resolve()
  })
}

try {
  await run()
} catch (err) {
  if (!stopping.signal.aborted) {
    if (!(err instanceof ClusterError) && !isArgumentError(err)) throw err
    console.error(err.message)
    process.exitCode = 1
  }
}

async function run (): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string', default: 'data/cluster' },
      network: { type: 'string', default: '127.0.30' },
      'data-planes': { type: 'string', default: '2' },
      restart: { type: 'boolean', default: false }
    }
  })
  const { dir, network, restart } = values
  const cluster = await startCluster({
    dir,
    network,
    dataPlanes: Number(values['data-planes']),
    monitoring: true,
    signal: stopping.signal,
    onReady: ({ name, pid, logFile }) => console.log(`${name.padEnd(14)} is ready (pid ${pid}, ${relative(process.cwd(), logFile)})`),
    onMissing: program => console.log(`${program.padEnd(14)} is not installed: the cluster does without it`),
    onDeath: (node, end) => {
      console.log(`${node.name.padEnd(14)} died: ${describeEnd(end)}${restart ? ', starting it again' : ''}`)
      if (restart) startAgain(node)
    }
  })
  console.log(`\n${whatToTry(cluster, dir)}\n\nCtrl-C ends it.`)
  await asked.promise
  console.log('ending')
  await cluster.close()
}

function startAgain (node: NodeProcess): void {
  node.start().then(
    () => console.log(`${node.name.padEnd(14)} is ready (pid ${node.pid})`),
    (err: unknown) => { if (!stopping.signal.aborted) console.error(`${node.name}: ${(err as Error).message}`) }
  )
}

function isArgumentError (err: unknown): err is Error {
  return err instanceof Error && 'code' in err && String(err.code).startsWith('ERR_PARSE_ARGS_')
}
