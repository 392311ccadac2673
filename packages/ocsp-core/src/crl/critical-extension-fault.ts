/** An extension that is marked critical and that nobody here understands. Stays inside the package. */
export class CriticalExtensionFault extends Error {
  override readonly name = 'CriticalExtensionFault'
  readonly oid: string
  constructor (oid: string) {
    super(`the critical extension ${oid}`)
    this.oid = oid
  }
}
