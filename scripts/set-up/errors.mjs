/** Something that whoever started the set-up has to do; the message says what, and is all that is shown. */
export class SetUpError extends Error {
  name = 'SetUpError'
}
