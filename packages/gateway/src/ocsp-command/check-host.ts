import type { X509Certificate } from 'node:crypto'
import { type Certificate, findIssuer, OcspError, parseCertificate } from '@clinch/ocsp-core'
import { askResponder, type AskingFacts, type ResponderFacts } from './ask-responder.ts'
import { readCertificates } from './certificate-files.ts'
import { CommandError } from './command-error.ts'
import { shakeHands } from './handshake.ts'
import { formatHostPort } from './host-port.ts'
import { judgeStapled } from './judge-staple.ts'
import type { CheckHostOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { reportCertificate } from './report/certificate-report.ts'
import { compareResponses } from './report/compare.ts'
import { finishCheck } from './report/finish-check.ts'
import type { CheckReport, ServerReport, StapleReport } from './report/report.ts'
import { reportTrust } from './report/trust-report.ts'
import { issuerAmongAnchors, loadTrustAnchors } from './trust-anchors.ts'

const unknownIssuer = { code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: 'the issuer of the certificate is not known; name it with --issuer' } as const

/** `clinch ocsp check HOST`: handshake, staple, then the responder itself. Throws CommandError. */
export async function checkHost (options: CheckHostOptions, progress: Progress, now: () => number): Promise<CheckReport> {
  const anchors = await loadTrustAnchors(options.ca)
  const named = options.issuer === undefined ? [] : await readCertificates(options.issuer)
  progress.say(`connecting to ${formatHostPort(options)}`)
  const handshake = await shakeHands(options, anchors)
  const [leaf] = handshake.chain
  if (leaf === undefined) throw new CommandError('EPROTO', `${formatHostPort(options)}: the server sent no certificate`)
  const certificate = parsed(leaf)
  const sent = handshake.chain.slice(1).flatMap(parsedOrNothing)
  const sentIssuer = findIssuer(certificate, [...sent, certificate])
  const issuer = sentIssuer ?? findIssuer(certificate, named) ?? issuerAmongAnchors(certificate, anchors)

  const { staple: der } = handshake
  const staple = judgeOrNothing(der, certificate, issuer, now())
  if (options.ask) progress.say('asking the responder')
  const asked = await ask(certificate, issuer, { ...options, anchors: anchors.pems, now })
  const { report: responder } = asked
  const comparable = staple.kind === 'verified' && responder.kind === 'verified' && der !== undefined && asked.der !== undefined
  return finishCheck({
    server: serverReport(options, handshake),
    trust: reportTrust({ leaf, name: options.servername ?? options.host, chainError: handshake.chainError, anchors: anchors.source }),
    staple,
    responder,
    ...(comparable ? { comparison: compareResponses({ response: staple.response, der }, { response: responder.response, der: asked.der }) } : {}),
    chain: [certificate, ...sent].map(reportCertificate),
    issuerNotSent: sentIssuer === undefined && issuer !== undefined
  })
}

function judgeOrNothing (der: Buffer | undefined, certificate: Certificate, issuer: Certificate | undefined, nowMs: number): StapleReport {
  if (der === undefined) return { kind: 'none' }
  return issuer === undefined ? { kind: 'unverifiable', octets: der.length, ...unknownIssuer } : judgeStapled(der, { certificate, issuer }, nowMs)
}

async function ask (certificate: Certificate, issuer: Certificate | undefined, facts: AskingFacts & { readonly ask: boolean }): Promise<ResponderFacts> {
  if (!facts.ask) return { report: { kind: 'not_asked' } }
  if (issuer === undefined) return { report: { kind: 'failed', ...unknownIssuer, attempts: [] } }
  return await askResponder({ certificate, issuer }, facts)
}

function serverReport (options: CheckHostOptions, { protocol, cipher }: { readonly protocol: string, readonly cipher: string }): ServerReport {
  const { host, port, servername = null, starttls = null } = options
  return { host, port, servername, starttls, protocol, cipher }
}

function parsed ({ raw }: X509Certificate): Certificate {
  try {
    return parseCertificate(raw)
  } catch (error) {
    if (!(error instanceof OcspError)) throw error
    throw new CommandError(error.code, `the server's certificate cannot be read: ${error.detail}`, { cause: error })
  }
}

// What cannot be read is no issuer either.
function parsedOrNothing (certificate: X509Certificate): Certificate[] {
  try {
    return [parsed(certificate)]
  } catch {
    return []
  }
}
