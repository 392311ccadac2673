import { explainResponse, ocspErrors, readUnverified, staplePolicy, type Verdict } from '@clinch/ocsp-core'
import { createFuzzWorld, type FuzzWorld, judgeResponse, nowMs } from './corpus.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

/** Damaged responses: no door throws, and a verdict is only ever what somebody signed. */
export function createResponseTarget (): FuzzTarget {
  const world = createFuzzWorld()
  const { samples, leaf, authority } = world
  const ders = samples.map(({ der }) => der)
  return {
    name: 'response',
    sideBySide: 1,
    invent: random => mutate(random.pick(ders), ders, random),
    judge: input => {
      const asked = { der: input, certificate: leaf.certificate, issuer: authority.certificate, nowMs }
      const verdict = judgeResponse(input, world)
      readUnverified({ ...asked, skewMs: 0 })
      const steps = explainResponse({ ...asked, policy: staplePolicy })
      const failed = steps.find(({ outcome }) => outcome === 'failed')
      if (failed?.code !== (verdict.kind === 'indeterminate' ? verdict.code : undefined)) return 'verified and explained come to different ends'
      return complaintAboutVerdict(input, verdict, world)
    },
    close: async () => {}
  }
}

function complaintAboutVerdict (input: Buffer, verdict: Verdict, { samples }: FuzzWorld): string | undefined {
  if (verdict.kind !== 'indeterminate') {
    const signed = samples.some(sample => sample.verdict === verdict.kind && input.includes(sample.signedPart))
    return signed ? undefined : `${verdict.kind}, and nobody signed that`
  }
  if (!(verdict.code in ocspErrors)) return `an unknown code: ${verdict.code}`
  const { offset } = verdict
  return offset !== undefined && !(offset >= 0 && offset <= input.length) ? `offset ${offset} of ${input.length}` : undefined
}
