// eslint-disable-next-line no-control-regex -- control characters are what this is about
const controls = /[\x00-\x08\x0a-\x1f\x7f]/
// eslint-disable-next-line no-control-regex
const everyControl = /[\x00-\x08\x0a-\x1f\x7f]/g

/** Whether the text can be sent as the value of a header field. [RFC 9110 5.5] */
export function isFieldValue (text: string): boolean {
  return !controls.test(text)
}

/**
 * The text as a value that can be sent, whoever wrote it: control characters are percent-encoded, so that a client's
 * line feed starts no field of its own; what is beyond Latin-1 goes out as its UTF-8 octets.
 */
export function toFieldValue (text: string): string {
  const safe = controls.test(text)
    ? text.replace(everyControl, control => `%${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
    : text
  return /[^\x00-\xff]/.test(safe) ? Buffer.from(safe, 'utf8').toString('latin1') : safe // eslint-disable-line no-control-regex
}
