/**
 * A name as nginx writes it: RFC 2253, the most specific part first, what is not ASCII escaped octet by octet. The value of
 * a type that OpenSSL has no name for stays text, where nginx writes `#` and hexadecimal.
 *
 * @param name - as node:crypto has it: a relative name a line, escaped already; an empty one is undefined, whatever the type says
 */
export function rfc2253Name (name: string | undefined): string {
  return partsOf(name).map(parts => parts.reverse().join('+')).reverse().join(',').replace(notAscii, escaped)
}

/** The same in the older notation, `/C=DE/CN=one`. */
export function legacyName (name: string | undefined): string {
  return partsOf(name).map(parts => `/${parts.map(legacyPart).join('+')}`).join('')
}

const notAscii = /[^\x00-\x7f]+/g // eslint-disable-line no-control-regex -- the bounds of ASCII

// a relative name of several values has ` + ` between them, which in a value would be escaped
function partsOf (name: string | undefined): string[][] {
  return name === undefined || name === '' ? [] : name.split('\n').map(line => line.split(' + '))
}

function escaped (text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '\\$&')
}

// `\,` and `\0A` are the characters; of those what separates becomes `\/`, and what cannot be printed `\xC3`
function legacyPart (text: string): string {
  const plain = text.replace(/\\([0-9A-F]{2})|\\(.)/g, (_, hex: string | undefined, character: string) => hex === undefined ? character : String.fromCharCode(parseInt(hex, 16)))
  return plain.replace(/[/+]/g, '\\$&').replace(/[^ -~]+/g, odd => Buffer.from(odd).toString('hex').toUpperCase().replace(/../g, '\\x$&'))
}
