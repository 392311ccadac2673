const names: ReadonlyMap<number, string> = new Map([
  [0, 'unspecified'], [1, 'keyCompromise'], [2, 'cACompromise'], [3, 'affiliationChanged'], [4, 'superseded'],
  [5, 'cessationOfOperation'], [6, 'certificateHold'], [8, 'removeFromCRL'], [9, 'privilegeWithdrawn'], [10, 'aACompromise']
])

/** The name of a CRLReason; `reason 99` for a number that has none. [RFC 5280 5.3.1] */
export const reasonName = (reason: number): string => names.get(reason) ?? `reason ${reason}`
