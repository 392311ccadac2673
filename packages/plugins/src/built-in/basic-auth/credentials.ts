export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

/**
 * What `Authorization` says of a user (RFC 7617). The scheme is found in any case and at any place, as APISIX finds it.
 * The password begins after the first colon. A line end behind it, as `echo | base64` leaves it, is no part of it.
 */
export function readBasicCredentials (field: string): BasicCredentials | undefined {
  const [, encoded = ''] = /basic\s+([A-Za-z0-9+/]+={0,2})\s*$/i.exec(field) ?? []
  const decoded = Buffer.from(encoded, 'base64').toString('utf8').replace(/[\r\n]+$/, '')
  const colon = decoded.indexOf(':')
  return colon === -1 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
