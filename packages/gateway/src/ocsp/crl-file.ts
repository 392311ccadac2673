import { readFile, stat } from 'node:fs/promises'
import { crlDersOf, readCrl, type CrlReading, type ReadCrlOptions } from '@clinch/ocsp-core'

/**
 * The CRL of one issuer out of a file (`ssl_crl`): in DER, or one of several in PEM. The newest if there are several of it.
 * `CRL_ERR_ISSUER_MISMATCH` when it has none, whoever else it is of.
 */
export async function readCrlFile (path: string, rules: Omit<ReadCrlOptions, 'der'> & { readonly maxBytes: number }): Promise<CrlReading> {
  try {
    const { size } = await stat(path)
    if (size > 2 * rules.maxBytes) return { kind: 'failed', code: 'CRL_ERR_TOO_LARGE', detail: `${path} has ${size} octets` } // base64 and all
    const ders = crlDersOf(await readFile(path))
    if (ders.length === 0) return { kind: 'failed', code: 'CRL_ERR_MALFORMED', detail: `there is no CRL in ${path}` }
    return chosenOf(ders.map(der => readCrl({ ...rules, der })))
  } catch (error) {
    return { kind: 'failed', code: 'CRL_ERR_FILE', detail: `${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}` }
  }
}

function chosenOf (readings: readonly CrlReading[]): CrlReading {
  const newest = readings.reduce<CrlReading | undefined>((best, reading) => {
    if (reading.kind === 'failed') return best
    return best?.kind === 'crl' && best.crl.thisUpdateMs >= reading.crl.thisUpdateMs ? best : reading
  }, undefined)
  const telling = readings.find(reading => reading.kind === 'failed' && reading.code !== 'CRL_ERR_ISSUER_MISMATCH')
  return newest ?? telling ?? { kind: 'failed', code: 'CRL_ERR_ISSUER_MISMATCH', detail: 'the file has no CRL of the issuer' }
}
