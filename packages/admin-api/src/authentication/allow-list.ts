import { AddressSet, isAddressRange } from '@clinch/plugins'

const compiled = new WeakMap<readonly string[], AddressSet>()

/**
 * Is the address one of those listed, or in one of the blocks? What is no address or no block matches nothing.
 *
 * @param list - from the settings: the same list is read once
 */
export function isAddressIn (address: string, list: readonly string[]): boolean {
  const addresses = compiled.get(list) ?? new AddressSet(list.filter(isAddressRange))
  compiled.set(list, addresses)
  return addresses.has(address)
}
