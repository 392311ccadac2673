const mark = '[secret]'

/**
 * A sentence about an object in which nothing is left of its secrets, in whatever quoting a message puts them: as they
 * are, as JSON has them, as a validator's sentence has them.
 */
export function withoutSecrets (sentence: string, secrets: readonly string[] = []): string {
  return secrets
    .filter(secret => secret !== '')
    .flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1), secret.replace(/[\\"]/g, '\\$&')])
    .sort((a, b) => b.length - a.length) // one may be part of another
    .reduce((covered, secret) => covered.replaceAll(secret, mark), sentence)
}
