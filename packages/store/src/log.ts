/** What the stores say, in pino's way: facts as fields, then a constant phrase. Values of entries are never among them. */
export interface StoreLog {
  info (fields: object, message: string): void
  warn (fields: object, message: string): void
}

export const silentLog: StoreLog = { info: () => {}, warn: () => {} }
