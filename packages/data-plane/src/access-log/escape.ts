import { fieldText } from '@clinch/plugins'

/** `nginx_config.http.access_log_format_escape`: what becomes of a variable's value in the line; undefined: it has none. */
export type EscapeName = 'default' | 'json' | 'none'

export const escapes = {
  default: value => value === undefined ? '-' : plain.test(value) ? value : escapeOctets(value),
  json: value => value === undefined ? '' : withinJson(fieldText(value)),
  none: value => value === undefined ? '' : fieldText(value)
} as const satisfies Readonly<Record<EscapeName, (value: string | undefined) => string>>

// all that nginx leaves as it is: visible ASCII and the space, but `"` and `\`
const plain = /^[ !#-[\]-~]*$/

// `"`, `\`, controls and all that is no ASCII: `\xXX`, octet by octet
function escapeOctets (value: string): string {
  const octets = /[^\x00-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value // eslint-disable-line no-control-regex
  return octets.replace(/[^ !#-[\]-~]/g, octet => `\\x${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

function withinJson (value: string): string {
  return plain.test(value) ? value : JSON.stringify(value).slice(1, -1)
}
