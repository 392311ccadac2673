import { askResponder } from './ask-responder.ts'
import { readPair } from './certificate-files.ts'
import type { CheckFilesOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { reportCertificate } from './report/certificate-report.ts'
import { finishCheck } from './report/finish-check.ts'
import type { CheckReport } from './report/report.ts'
import { loadTrustAnchors } from './trust-anchors.ts'

/** `clinch ocsp check --cert`: asks the responder about a certificate in a file. Throws CommandError. */
export async function checkFiles (options: CheckFilesOptions, progress: Progress, now: () => number): Promise<CheckReport> {
  const pair = await readPair(options.cert, options.issuer)
  const anchors = await loadTrustAnchors(options.ca)
  progress.say('asking the responder')
  const { report: responder } = await askResponder(pair, { ...options, anchors: anchors.pems, now })
  return finishCheck({ responder, chain: [pair.certificate, pair.issuer].map(reportCertificate), issuerNotSent: false })
}
