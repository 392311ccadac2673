/** The first value of an argument in a query or a form (`a=1&b`); one without `=` is `true`. */
export function argumentOf (text: string, name: string): string | undefined {
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (decode(equals === -1 ? pair : pair.slice(0, equals)) === name) return valueOf(pair, equals)
  }
  return undefined
}

/** All of them, in order, up to a number. */
export function argumentsOf (text: string, most: number): Array<readonly [name: string, value: string]> {
  return text.split('&', most).filter(pair => pair !== '').map(pair => {
    const equals = pair.indexOf('=')
    return [decode(equals === -1 ? pair : pair.slice(0, equals)), valueOf(pair, equals)]
  })
}

function valueOf (pair: string, equals: number): string {
  return equals === -1 ? 'true' : decode(pair.slice(equals + 1))
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
