/** OpenSSL's names of cipher suites that a client may offer in earnest, by their number (IANA, "TLS Cipher Suites"). */
const cipherNames: Readonly<Record<number, string>> = {
  0x002f: 'AES128-SHA',
  0x0032: 'DHE-DSS-AES128-SHA',
  0x0033: 'DHE-RSA-AES128-SHA',
  0x0035: 'AES256-SHA',
  0x0038: 'DHE-DSS-AES256-SHA',
  0x0039: 'DHE-RSA-AES256-SHA',
  0x003c: 'AES128-SHA256',
  0x003d: 'AES256-SHA256',
  0x0040: 'DHE-DSS-AES128-SHA256',
  0x0067: 'DHE-RSA-AES128-SHA256',
  0x006a: 'DHE-DSS-AES256-SHA256',
  0x006b: 'DHE-RSA-AES256-SHA256',
  0x009c: 'AES128-GCM-SHA256',
  0x009d: 'AES256-GCM-SHA384',
  0x009e: 'DHE-RSA-AES128-GCM-SHA256',
  0x009f: 'DHE-RSA-AES256-GCM-SHA384',
  0x00a2: 'DHE-DSS-AES128-GCM-SHA256',
  0x00a3: 'DHE-DSS-AES256-GCM-SHA384',
  0x1301: 'TLS_AES_128_GCM_SHA256',
  0x1302: 'TLS_AES_256_GCM_SHA384',
  0x1303: 'TLS_CHACHA20_POLY1305_SHA256',
  0xc009: 'ECDHE-ECDSA-AES128-SHA',
  0xc00a: 'ECDHE-ECDSA-AES256-SHA',
  0xc013: 'ECDHE-RSA-AES128-SHA',
  0xc014: 'ECDHE-RSA-AES256-SHA',
  0xc018: 'AECDH-AES128-SHA',
  0xc019: 'AECDH-AES256-SHA',
  0xc023: 'ECDHE-ECDSA-AES128-SHA256',
  0xc024: 'ECDHE-ECDSA-AES256-SHA384',
  0xc027: 'ECDHE-RSA-AES128-SHA256',
  0xc028: 'ECDHE-RSA-AES256-SHA384',
  0xc02b: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  0xc02c: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  0xc02f: 'ECDHE-RSA-AES128-GCM-SHA256',
  0xc030: 'ECDHE-RSA-AES256-GCM-SHA384',
  0xcca8: 'ECDHE-RSA-CHACHA20-POLY1305',
  0xcca9: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  0xccaa: 'DHE-RSA-CHACHA20-POLY1305'
}

/** OpenSSL's names of groups (IANA, "TLS Supported Groups"). */
const groupNames: Readonly<Record<number, string>> = {
  0x0017: 'prime256v1',
  0x0018: 'secp384r1',
  0x0019: 'secp521r1',
  0x001d: 'X25519',
  0x001e: 'X448',
  0x0100: 'ffdhe2048',
  0x0101: 'ffdhe3072',
  0x0102: 'ffdhe4096',
  0x0103: 'ffdhe6144',
  0x0104: 'ffdhe8192'
}

/** As nginx's `$ssl_ciphers`: names joined by colons in the client's order, in hexadecimal what has no name. */
export function cipherNamesOf (suites: readonly number[]): string {
  return suites.map(suite => cipherNames[suite] ?? hex(suite)).join(':')
}

/** As nginx's `$ssl_curves`. */
export function groupNamesOf (groups: readonly number[]): string {
  return groups.map(group => groupNames[group] ?? hex(group)).join(':')
}

function hex (number: number): string {
  return `0x${number.toString(16).padStart(4, '0')}`
}
