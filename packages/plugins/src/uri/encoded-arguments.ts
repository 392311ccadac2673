/** The first value of an argument in a query or a form (`a=1&b`); one without `=` is `true`. */
export function argumentOf (text: string, name: string): string | undefined {
  for (const pair of text.split('&')) if (pair !== '' && argumentName(pair) === name) return valueOf(pair)
  return undefined
}

/** All of them, in order, up to a number. */
export function argumentsOf (text: string, most: number): Array<readonly [name: string, value: string]> {
  return text.split('&', most).filter(pair => pair !== '').map(pair => [argumentName(pair), valueOf(pair)])
}

/** Of one pair, `name=value` or `name`, as it was meant. */
export function argumentName (pair: string): string {
  const equals = pair.indexOf('=')
  return decodeArgument(equals === -1 ? pair : pair.slice(0, equals))
}

/** What does not decode stands for itself. */
export function decodeArgument (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function valueOf (pair: string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? 'true' : decodeArgument(pair.slice(equals + 1))
}
