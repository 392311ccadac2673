/** What a command came to; `clinch help` and docs/operations/running.md tell of them. */
export const exitStatus = {
  done: 0,
  /** It could not be done, or something is wrong; the reason was printed. */
  failed: 1,
  /** It is not clear what is wanted. */
  usage: 2,
  notRunning: 3
} as const

export type ExitStatus = typeof exitStatus[keyof typeof exitStatus]
