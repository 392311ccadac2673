import type { HeaderList } from '../contract/header-list.ts'

/** Says that the response depends on a field of the request, unless it says so already. [RFC 9110 12.5.5] */
export function addToVary (headers: HeaderList, name: string): void {
  const wanted = name.toLowerCase()
  const named = headers.get('vary')?.split(',').map(one => one.trim().toLowerCase()) ?? []
  if (!named.includes(wanted) && !named.includes('*')) headers.append('Vary', name)
}
