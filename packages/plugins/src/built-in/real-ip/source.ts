import type { AddressSet } from '../../address/address-set.ts'
import { parseSocketAddress } from '../../address/socket-address.ts'
import type { VariableReader } from '../../contract/plugin.ts'

/**
 * Where a real address is read from: a variable as it is, but of `X-Forwarded-For`, to which each hop adds the one before
 * it, the last address.
 *
 * @param trusted - with it, of `X-Forwarded-For` the last address that is not in it; the first when all of them are
 */
export function compileSource (variable: string, trusted: AddressSet | undefined): VariableReader {
  if (variable !== 'http_x_forwarded_for') return context => context.variable(variable)?.trim()
  return context => {
    const hops = context.variable(variable)?.split(',').map(hop => hop.trim()).filter(hop => hop !== '') ?? []
    if (trusted === undefined) return hops.at(-1)
    return hops.findLast(hop => !trusted.has(parseSocketAddress(hop)?.address ?? hop)) ?? hops[0]
  }
}
