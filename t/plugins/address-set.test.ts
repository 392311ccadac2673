import { BlockList } from 'node:net'
import { AddressSet, parseSocketAddress } from '@clinch/plugins'
import fc from 'fast-check'
import t from 'tap'

const octet = fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255))
const address = fc.tuple(octet, octet, octet, octet).map(octets => octets.join('.'))

t.test('IPv4 networks of any length have the addresses that they are said to have', async t => {
  const networks = fc.array(fc.tuple(address, fc.nat(32)), { minLength: 1, maxLength: 4 })
  t.doesNotThrow(() => fc.assert(fc.property(networks, fc.array(address, { minLength: 1 }), (list, clients) => {
    const set = new AddressSet(list.map(([base, bits]) => `${base}/${bits}`))
    const expected = new BlockList()
    for (const [base, bits] of list) expected.addSubnet(base, bits, 'ipv4')
    return clients.concat(list.map(([base]) => base)).every(client => set.has(client) === expected.check(client, 'ipv4') && set.has(`::ffff:${client}`) === set.has(client))
  })))
})

t.test('an address is taken apart from its port, and nothing else is taken for one', async t => {
  const cases: ReadonlyArray<readonly [text: string, expected: object | undefined]> = [
    ['192.0.2.1', { address: '192.0.2.1', port: undefined }],
    ['192.0.2.1:80', { address: '192.0.2.1', port: 80 }],
    ['2001:DB8::1', { address: '2001:db8::1', port: undefined }],
    ['[2001:db8::1]:80', { address: '2001:db8::1', port: 80 }],
    ['[::ffff:192.0.2.1]:80', { address: '192.0.2.1', port: 80 }],
    ['192.0.2.1:', undefined],
    ['192.0.2.1:8O', undefined],
    ['192.0.2', undefined],
    ['[192.0.2.1]', undefined],
    ['[2001:db8::1', undefined],
    ['2001:db8::1]:80', undefined],
    ['::1:80:x', undefined],
    ['', undefined],
    ['host.test:80', undefined]
  ]
  for (const [text, expected] of cases) t.strictSame(parseSocketAddress(text), expected, text)
})
