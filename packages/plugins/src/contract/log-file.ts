/** A file that whole lines are appended to, in the background. */
export interface LogFile {
  /**
   * Never throws and never waits. When the lines cannot be written as fast as they come, the newest are dropped, and the
   * gateway's own log says how many.
   *
   * @param line - with its line feed
   */
  write (line: string): void
  /** Once; what was written before still gets there. */
  release (): void
}
