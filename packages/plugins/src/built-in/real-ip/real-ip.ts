import { AddressSchema, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { AddressSet, isAddressRange } from '../../address/address-set.ts'
import { parseSocketAddress } from '../../address/socket-address.ts'
import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { Throttle } from '../../throttle.ts'
import { compileSource } from './source.ts'

const schema = Type.Object({
  source: Type.String({ minLength: 1, description: 'a variable, such as http_x_forwarded_for' }),
  trusted_addresses: Type.Optional(Type.Array(AddressSchema, { minItems: 1, description: 'the peers that are believed; without the list, everybody' })),
  recursive: WithDefault(Type.Boolean({ default: false }))
})

/** Every request may have something to complain of. */
const sayAgainMs = 1000

/** Takes the address of the client from what a peer in front of the gateway says. */
export default {
  name: 'real-ip',
  version: 0.1,
  priority: 23000,
  schema,

  check ({ trusted_addresses: trusted = [] }) {
    const bad = trusted.find(entry => !isAddressRange(entry))
    return bad === undefined ? undefined : `invalid ip address: ${bad}`
  },

  create ({ source, trusted_addresses: trustedAddresses, recursive }, { log, now }) {
    const trusted = trustedAddresses === undefined ? undefined : new AddressSet(trustedAddresses)
    const read = compileSource(source, recursive ? trusted : undefined)
    const throttle = new Throttle({ intervalMs: sayAgainMs, maxKeys: 3, now })

    function warn ({ id, peerAddress }: RequestContext, message: string, value?: string | number): void {
      const skipped = throttle.pass(message)
      if (skipped !== undefined) log.warn({ reqId: id, peer: peerAddress, value, skipped }, message)
    }

    return {
      rewrite (context) {
        if (trusted !== undefined && !trusted.has(context.peerAddress)) return CONTINUE
        const named = read(context)
        if (named === undefined || named === '') {
          warn(context, 'missing real address')
          return CONTINUE
        }
        const client = parseSocketAddress(named)
        if (client === undefined) warn(context, 'bad address', named)
        else if (client.port !== undefined && (client.port < 1 || client.port > 65535)) warn(context, 'bad port', client.port)
        else context.setClientAddress(client.address, client.port)
        return CONTINUE
      }
    }
  }
} satisfies Plugin<typeof schema>
