import { BlockList, isIP } from 'node:net'
import { judgeUrl, type UrlGuard } from '@clinch/ocsp-core'
import type { SeededRandom } from '../../t/ocsp-core/seeded-random.ts'
import type { FuzzTarget } from './target.ts'

const hosts = ['ocsp.test', '127.0.0.1', '127.1', '0x7f.1', '2130706433', '0177.0.0.01', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', '[64:ff9b::a00:1]', '[fe80::1%25eth0]', '８.8.8.8', '8.8.8.8', '8。8。8。8', 'localhost', 'a'.repeat(300)] as const
const parts = ['http://', 'https://', 'HTTP:', 'file://', 'http:\\\\', '//', '@', ':80', ':8080', ':99999', '/', '?', '#', '\\', '%2f', '%00', '\t', '\n', ' ', '.', '..', 'user:pass@', '\u0000', '\u202e', ...hosts] as const
const guards: readonly UrlGuard[] = [{}, { mode: 'public' }, { ports: [8080] }]

/** URLs as strangers write them into an AIA: what the public guard lets through is a plain URL to a global place. */
export function createUrlTarget (): FuzzTarget {
  return {
    name: 'url',
    sideBySide: 1,
    invent: random => Buffer.from(inventUrl(random)),
    judge: input => {
      const text = input.toString()
      for (const guard of guards) {
        const judged = judgeUrl(text, guard)
        if (judged.kind === 'refused') continue
        const complaint = complaintAboutUrl(judged.url, text) ?? (local.some(address => judged.mayConnect(address)) ? 'may connect inside' : undefined)
        if (complaint !== undefined) return complaint
      }
      judgeUrl(text, { mode: 'allowList', allowList: [text] }) // an operator's list may be odd as well
      return undefined
    },
    close: async () => {}
  }
}

function inventUrl (random: SeededRandom): string {
  const start = random.chance(0.8) ? random.pick(['http://', 'https://']) + random.pick(hosts) : ''
  const pieces = Array.from({ length: random.below(4) }, () => random.chance(0.7) ? random.pick(parts) : String.fromCharCode(random.below(0x250)))
  const text = [start, ...pieces].join('')
  const at = random.below(text.length + 1)
  return random.chance(0.5) ? text : text.slice(0, at) + random.pick(parts) + text.slice(at)
}

const local = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fe80::1', 'fd00::1', '64:ff9b::a00:1', '0.0.0.0', 'nonsense', '']

// One list for each family: a BlockList takes IPv4 for the addresses that are mapped into IPv6.
const inside = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const [address, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['224.0.0.0', 3]] as const) inside.ipv4.addSubnet(address, bits)
for (const [address, bits] of [['::', 3], ['fc00::', 6], ['2002::', 16], ['2001:db8::', 32]] as const) inside.ipv6.addSubnet(address, bits, 'ipv6')

function complaintAboutUrl (url: URL, text: string): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || host === '') return `lets ${url.href} through`
  if (isIP(host) === 0) return undefined
  if (isIP(host) === 4 && !text.includes(host)) return `takes ${text} for ${host}`
  const family = isIP(host) === 4 ? 'ipv4' : 'ipv6'
  return inside[family].check(host, family) ? `lets ${host} through` : undefined
}
