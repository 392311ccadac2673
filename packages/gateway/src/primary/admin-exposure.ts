import { BlockList, isIP } from 'node:net'
import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'

const shortestKey = 16
/** APISIX's examples, which whoever looks for open gateways tries first (CVE-2020-13945). */
const publishedKeys: readonly string[] = ['edd1c9f034335f136f87ad84b625c8f1', '4054f7cf07e344346cd3f287985e76a2']

/** Warns of what makes an Admin API that other machines can reach easy to get into. */
export function warnOfExposedAdmin ({ deployment: { admin } }: Config, log: Logger): void {
  const { admin_listen: { ip }, admin_key: keys, admin_key_required: isRequired, https_admin: isHttps } = admin
  const names = (keys ?? []).map(({ name = '', key }) => ({ name, key: String(key) }))
  for (const { name } of names.filter(({ key }) => publishedKeys.includes(key))) {
    log.warn({ key_name: name }, 'an admin key is one of the published examples: make another')
  }
  if (isLoopback(ip)) return
  const faults = [
    ...(isHttps ? [] : ['no TLS: keys travel in clear (deployment.admin.https_admin)']),
    ...(keys === null || !isRequired ? ['no key is asked for (deployment.admin.admin_key)'] : []),
    ...names.filter(({ key }) => key !== '' && key.length < shortestKey).map(({ name }) => `the key ${JSON.stringify(name)} has fewer than ${shortestKey} characters`)
  ]
  if (faults.length > 0) log.warn({ address: ip, faults }, 'the Admin API listens for other machines')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

function isLoopback (host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
