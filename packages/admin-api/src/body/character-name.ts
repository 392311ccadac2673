// Characters that keyboards, word processors and web pages put in the place of JSON's own.
const lookalikes: Readonly<Record<number, string>> = {
  0x00a0: 'NO-BREAK SPACE',
  0x200b: 'ZERO WIDTH SPACE',
  0x2018: 'LEFT SINGLE QUOTATION MARK',
  0x2019: 'RIGHT SINGLE QUOTATION MARK',
  0x201c: 'LEFT DOUBLE QUOTATION MARK',
  0x201d: 'RIGHT DOUBLE QUOTATION MARK',
  0x2028: 'LINE SEPARATOR',
  0x3000: 'IDEOGRAPHIC SPACE',
  0x3001: 'IDEOGRAPHIC COMMA',
  0xfeff: 'ZERO WIDTH NO-BREAK SPACE',
  0xff02: 'FULLWIDTH QUOTATION MARK',
  0xff0c: 'FULLWIDTH COMMA',
  0xff1a: 'FULLWIDTH COLON',
  0xff3b: 'FULLWIDTH LEFT SQUARE BRACKET',
  0xff3d: 'FULLWIDTH RIGHT SQUARE BRACKET',
  0xff5b: 'FULLWIDTH LEFT CURLY BRACKET',
  0xff5d: 'FULLWIDTH RIGHT CURLY BRACKET'
}

/** A character for a message: `"'"`, or with its code point, and its name if it is easily mistaken, `"，" (U+FF0C FULLWIDTH COMMA)`. */
export function nameCharacter (codePoint: number): string {
  if (codePoint > 0x20 && codePoint < 0x7f) return `"${String.fromCodePoint(codePoint)}"`
  const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
  if (codePoint <= 0x20 || codePoint === 0x7f) return code
  const name = lookalikes[codePoint]
  return `"${String.fromCodePoint(codePoint)}" (${name === undefined ? code : `${code} ${name}`})`
}
