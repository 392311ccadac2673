/**
 * What a field's value says. Node hands octets on as Latin-1, and nearly everybody who sends more than ASCII sends UTF-8:
 * what is valid UTF-8 is read as such, anything else stays as it is.
 */
export function fieldText (value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[^\x00-\xff]/.test(value)) return value // eslint-disable-line no-control-regex
  const decoded = Buffer.from(value, 'latin1').toString('utf8')
  return decoded.includes('\ufffd') ? value : decoded
}
