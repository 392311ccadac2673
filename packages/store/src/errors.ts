export const storeErrors = {
  STORE_ERR_UNAVAILABLE: 'the store does not answer',
  STORE_ERR_UNAUTHORIZED: 'the store refused the credentials',
  STORE_ERR_REFUSED: 'the store refused the request',
  STORE_ERR_READ_ONLY: 'the store is a document that is replaced as a whole',
  STORE_ERR_COPY_UNUSABLE: 'the copy of the configuration on disk cannot be used',
  STORE_ERR_CLOSED: 'the store is closed'
} as const satisfies Record<`STORE_ERR_${string}`, string>
export type StoreErrorCode = keyof typeof storeErrors

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  constructor (code: StoreErrorCode, options?: ErrorOptions & { detail?: string }) {
    super(options?.detail ?? storeErrors[code], options)
    this.code = code
  }
}
