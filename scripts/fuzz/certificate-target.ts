import { X509Certificate } from 'node:crypto'
import { type AskOutcome, askStatus, type Certificate, clientCheckPolicy, isIssuedBy, judgeUrl, OcspError, type OcspClient, parseCertificate, respondersFor } from '@clinch/ocsp-core'
import { createFuzzWorld, nowMs } from './corpus.ts'
import { readTree, writeTree } from './der-tree.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'

/** Damaged certificates with an AIA: read or refused, never asked about unless the signature still holds. */
export function createCertificateTarget (): FuzzTarget {
  const { authority, leaf, delegate, samples } = createFuzzWorld()
  const others = [leaf.certDer, authority.certDer, ...samples.map(({ der }) => der)]
  const signedParts = [leaf, authority, delegate].map(({ certDer }) => tbsOf(certDer))

  const judge = async (input: Buffer): Promise<string | undefined> => {
    const certificate = readOrRefuse(input)
    if (certificate === undefined) return undefined
    const responders = respondersFor(certificate)
    if (responders.length > 4 || !responders.every(uri => /^https?:\/\//i.test(uri))) return `responders ${responders.join(' ')}`
    for (const uri of certificate.ocspUris) judgeUrl(uri, {})
    const asked: string[] = []
    const outcome = await askStatus({ certificate, issuer: authority.certificate, responders, client: deafClient(asked), policy: clientCheckPolicy, guarded: true, now: () => nowMs })
    const signed = signedParts.some(part => input.includes(part))
    if (isIssuedBy(certificate, authority.certificate) && !signed) return 'a signature holds over what was not signed'
    if (asked.length > 0 && !signed) return `asked ${asked.join(' ')} about a stranger`
    return complaintAboutOutcome(outcome) ?? complaintAboutFields(certificate)
  }
  return { name: 'certificate', sideBySide: 1, invent: random => mutate(leaf.certDer, others, random), judge, close: async () => {} }
}

function tbsOf (certDer: Buffer): Buffer {
  const [certificate] = readTree(certDer) ?? []
  return writeTree(certificate?.children?.slice(0, 1) ?? [])
}

function readOrRefuse (der: Buffer): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof OcspError && error.code === 'OCSP_ERR_MALFORMED') return undefined
    throw error
  }
}

function deafClient (asked: string[]): OcspClient {
  return {
    deadlineMs: 1000,
    ask: async url => {
      asked.push(url)
      return { kind: 'failed', code: 'OCSP_ERR_RESPONDER_CONNECT', detail: 'deaf' }
    },
    close: async () => {}
  }
}

const complaintAboutOutcome = ({ kind }: AskOutcome): string | undefined =>
  kind === 'verified' || kind === 'unverified' ? `${kind} without an answer` : undefined

// Where OpenSSL reads the certificate too, it must read the same.
function complaintAboutFields (certificate: Certificate): string | undefined {
  const theirs = opensslView(certificate.der)
  const ours = { serial: withoutZeros(certificate.serialHex), notAfterMs: certificate.notAfterMs }
  if (theirs === undefined || (certificate.serialNumber[0] ?? 0x80) >= 0x80) return undefined // a negative serial is written in other ways
  if (withoutZeros(theirs.serialNumber.toLowerCase()) !== ours.serial) return `serial ${ours.serial}, openssl reads ${theirs.serialNumber}`
  return Date.parse(theirs.validTo) === ours.notAfterMs ? undefined : `notAfter ${new Date(ours.notAfterMs).toISOString()}, openssl reads ${theirs.validTo}`
}

const withoutZeros = (hex: string): string => hex.replace(/^0+/, '')

function opensslView (der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}
