/** Octets that break the rules of DER or of the structure being read. Stays inside the package. */
export class DerFault extends Error {
  override readonly name = 'DerFault'
  readonly offset: number
  constructor (complaint: string, offset: number) {
    super(`${complaint} at octet ${offset}`)
    this.offset = offset
  }
}
