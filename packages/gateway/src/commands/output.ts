/** A result of a command. */
export function print (text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Why there is none. */
export function complain (text: string): void {
  process.stderr.write(`clinch: ${text}\n`)
}
