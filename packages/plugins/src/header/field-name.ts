/** Whether the text can be the name of a header field. [RFC 9110 5.6.2] */
export function isFieldName (text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)
}
