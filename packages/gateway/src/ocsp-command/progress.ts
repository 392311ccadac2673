/** One line that says what is being waited for. */
export interface Progress {
  say (text: string): void
  /** Wipes the line. */
  clear (): void
}

const wipe = '\r\x1b[K'

/** Only for people: on anything but a terminal nothing is written. */
export function createProgress (stream: { readonly isTTY?: boolean, write (text: string): unknown }): Progress {
  const write = (text: string): void => { if (stream.isTTY === true) stream.write(text) }
  return {
    say: text => write(`${wipe}${text} …`),
    clear: () => write(wipe)
  }
}
