import { RemoteOcsp, type OcspQuestion } from '@clinch/gateway'
import { good, mutualTls, nowMs } from '../../t/plugins/mutual-tls.ts'
import { runPlugin } from '../../t/plugins/run-plugin.ts'
import { cpuPerCallUs } from '../ocsp-core/cpu-per-call.ts'

/** CPU for one call of what a route with the plugin runs before anything else, the verdict being in the worker's memory. */
export async function cpuOfCachedCheckUs (seconds: number): Promise<number> {
  const asked: OcspQuestion[] = []
  const ocsp = new RemoteOcsp(question => { asked.push(question) }, () => nowMs)
  const { admit } = await runPlugin('ocsp-stapling', {}, { now: () => nowMs, checkClient: check => ocsp.checkClient(check) })
  if (admit === undefined) throw new Error('the plugin has no such phase')
  const request = mutualTls()
  const first = admit(request)
  for (const question of asked) if (question.kind === 'clientCheck') ocsp.answer(question.check.requestId, { verdict: good, untilMs: good.usableEndMs })
  await first
  const cpuUs = await cpuPerCallUs(() => {
    const result = admit(request)
    if (result instanceof Promise || result.kind !== 'continue') throw new Error('it was not answered from memory')
    return undefined
  }, seconds)
  if (asked.length !== 1) throw new Error(`asked ${asked.length} times`)
  return cpuUs
}
