import { ocspErrors, type OcspErrorCode, type SignerRefusal } from '../errors.ts'
import type { IndeterminateVerdict } from './verdict.ts'

/** Why a step of the verification failed. A value, handed back and never thrown. */
export class Fault {
  readonly code: OcspErrorCode
  readonly detail: string
  readonly reason: SignerRefusal | undefined
  readonly offset: number | undefined

  constructor (code: OcspErrorCode, detail: string = ocspErrors[code], reason?: SignerRefusal, offset?: number) {
    this.code = code
    this.detail = detail
    this.reason = reason
    this.offset = offset
  }

  toVerdict (): IndeterminateVerdict {
    return {
      kind: 'indeterminate',
      code: this.code,
      detail: this.detail,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.offset === undefined ? {} : { offset: this.offset })
    }
  }
}
