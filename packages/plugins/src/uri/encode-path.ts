/** Percent-encodes what may not stand in a path: controls, space, all beyond ASCII, and `"#%<>?\^`{|}` (plugins.md 2.8). */
export function encodePath (path: string): string {
  return /^[!$&-;=@A-Z[\]_a-z~]*$/.test(path) ? path : path.replace(/[^!$&-;=@A-Z[\]_a-z~]+/g, percentEncode)
}

/** Percent-encodes only what cannot be sent in a request line: controls, space and all beyond ASCII. */
export function encodeUnsendable (text: string): string {
  return /^[!-~]*$/.test(text) ? text : text.replace(/[^!-~]+/g, percentEncode)
}

function percentEncode (text: string): string {
  let encoded = ''
  for (const octet of Buffer.from(text, 'utf8')) encoded += `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  return encoded
}
