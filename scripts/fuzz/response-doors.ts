import { explainResponse, ocspErrors, readUnverified, staplePolicy, type Verdict } from '@clinch/ocsp-core'
import { type FuzzWorld, judgeResponse, nowMs } from './corpus.ts'

/**
 * Sends octets through every door that takes a response.
 *
 * @param complain - what is wrong with a verdict that is one
 */
export function judgeAtAllDoors (input: Buffer, world: FuzzWorld, complain: (kind: Exclude<Verdict['kind'], 'indeterminate'>) => string | undefined): string | undefined {
  const asked = { der: input, certificate: world.leaf.certificate, issuer: world.authority.certificate, nowMs }
  const verdict = judgeResponse(input, world)
  readUnverified({ ...asked, skewMs: 0 })
  const failed = explainResponse({ ...asked, policy: staplePolicy }).find(({ outcome }) => outcome === 'failed')
  if (failed?.code !== (verdict.kind === 'indeterminate' ? verdict.code : undefined)) return 'verified and explained come to different ends'
  if (verdict.kind !== 'indeterminate') return complain(verdict.kind)
  if (!(verdict.code in ocspErrors)) return `an unknown code: ${verdict.code}`
  const { offset } = verdict
  return offset !== undefined && !(offset >= 0 && offset <= input.length) ? `offset ${offset} of ${input.length}` : undefined
}
