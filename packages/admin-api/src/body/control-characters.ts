/**
 * The text with the control characters inside its strings escaped. RFC 8259 forbids them there; APISIX takes them, and
 * its users paste PEM files into strings with `"'"$(cat server.crt)"'"`.
 */
export function escapeControlCharacters (text: string): string {
  return text.replace(jsonString, string => string.replace(controlCharacter, escape))
}

// eslint-disable-next-line no-control-regex -- control characters are what this is about
const controlCharacter = /[\u0000-\u001f]/g
const jsonString = /"(?:[^"\\]|\\[^])*"/g

function escape (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
