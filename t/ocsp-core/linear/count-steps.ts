// Started as a worker: counting changes the whole of the JavaScript engine it runs in, and has to begin before the code
// that is counted is loaded.
import { Session } from 'node:inspector/promises'
import { parentPort } from 'node:worker_threads'

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

const { readUnverified, staplePolicy, verifyResponse } = await import('@clinch/ocsp-core')
const { createAuthority } = await import('../../support/pki.ts')
const ca = createAuthority()
const { certificate } = ca.issue()
const maxResponseBytes = 2 ** 20

parentPort?.on('message', (der: Uint8Array) => {
  countSteps(der).then(steps => parentPort?.postMessage(steps), error => { throw error })
})
parentPort?.postMessage('ready')

/** How often the blocks of the package were entered while a response was judged: loops count once for each turn. */
async function countSteps (der: Uint8Array): Promise<number> {
  await session.post('Profiler.takePreciseCoverage') // starts from nought
  const asked = { der, certificate, issuer: ca.certificate, nowMs: Date.now() }
  verifyResponse({ ...asked, policy: { ...staplePolicy, maxResponseBytes } })
  readUnverified({ ...asked, skewMs: 0, maxResponseBytes })
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const counts = result.filter(({ url }) => url.includes('/packages/ocsp-core/src/'))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)))
  return counts.reduce((sum, count) => sum + count, 0)
}
