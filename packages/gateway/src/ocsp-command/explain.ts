import { readPair } from './certificate-files.ts'
import { exitStatus } from './exit-status.ts'
import { judgeResponse } from './judge-response.ts'
import type { ExplainOptions } from './options.ts'
import { readOctets } from './read-octets.ts'
import { reportCertificate } from './report/certificate-report.ts'
import type { ExplainReport, JudgedResponse } from './report/report.ts'

/** `clinch ocsp explain`: every rule, and how a response in a file stands to it. Throws CommandError. */
export async function explain ({ response, cert, issuer }: ExplainOptions, now: () => number): Promise<ExplainReport> {
  const pair = await readPair(cert, issuer)
  const judged = judgeResponse(await readOctets(response), pair, now())
  const verdict = judged.kind === 'verified' && judged.response.status === 'good' ? 'good' : 'not_good'
  return {
    command: 'explain',
    verdict,
    exit_status: exitStatus[verdict],
    because: reason(judged),
    remarks: judged.kind === 'verified' ? judged.response.warnings : [],
    file: response,
    judged,
    chain: [pair.certificate, pair.issuer].map(reportCertificate)
  }
}

function reason (judged: JudgedResponse): string {
  return judged.kind === 'verified' ? `the response passes every rule and says ${judged.response.status}` : `the response does not hold: ${judged.detail} (${judged.code})`
}
