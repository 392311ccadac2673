import { type Certificate, findIssuer, OcspError, parseCertificate, parsePemCertificates } from '@clinch/ocsp-core'
import { CommandError } from './command-error.ts'
import type { Pair } from './pair.ts'
import { readOctets } from './read-octets.ts'

const derSequence = 0x30

/** Every certificate of a PEM file, or the one of a DER file. At least one. */
export async function readCertificates (file: string): Promise<[Certificate, ...Certificate[]]> {
  const octets = await readOctets(file)
  const [first, ...rest] = parse(octets, file)
  if (first === undefined) throw new CommandError('OCSP_ERR_MALFORMED', `${file} holds no certificate`)
  return [first, ...rest]
}

/** The certificate in question and its issuer, out of the files that were named; the issuer is found by its signature. */
export async function readPair (certFile: string, issuerFile: string | undefined): Promise<Pair> {
  const [certificate, ...above] = await readCertificates(certFile)
  const named = issuerFile === undefined ? [] : await readCertificates(issuerFile)
  const issuer = findIssuer(certificate, named.length > 0 ? named : above)
  if (issuer !== undefined) return { certificate, issuer }
  throw new CommandError('OCSP_ERR_ISSUER_NOT_FOUND', issuerFile === undefined
    ? `${certFile} does not hold the issuer of its certificate; name it with --issuer`
    : `the certificate in ${issuerFile} did not issue the one in ${certFile}`)
}

function parse (octets: Buffer, file: string): Certificate[] {
  try {
    if (octets.includes('-----BEGIN')) return parsePemCertificates(octets.toString('latin1'))
    return octets[0] === derSequence ? [parseCertificate(octets)] : []
  } catch (error) {
    if (!(error instanceof OcspError)) throw error
    throw new CommandError(error.code, `${file} holds no readable certificate: ${error.detail}`, { cause: error })
  }
}
