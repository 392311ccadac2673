import type { Program } from './peers/programs.ts'
import type { Scope } from './scope.ts'

export interface RunOptions {
  /** How long each measurement lasts. */
  readonly seconds: number
  /** How often each side is measured, in turns; the median counts. */
  readonly rounds: number
  /** Where the time goes, function by function, after the measurements. */
  readonly profile: boolean
  readonly scope: Scope
  /** Says what is being done now. */
  readonly note: (text: string) => void
}

export interface Report {
  readonly columns: readonly string[]
  readonly rows: ReadonlyArray<readonly string[]>
  /** What the reader of the table has to know. */
  readonly remarks: readonly string[]
}

export interface Scenario {
  readonly name: string
  /** One line: what is measured. */
  readonly measures: string
  readonly needs: readonly Program[]
  run (options: RunOptions): Promise<Report>
}
