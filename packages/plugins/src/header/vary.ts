import type { HeaderList } from '../contract/header-list.ts'

/** Says that the response depends on a field of the request, unless it says so already. [RFC 9110 12.5.5] */
export function addToVary (headers: HeaderList, name: string): void {
  const varies = headers.get('vary')
  if (varies === undefined || !namesOf(varies).some(one => one === '*' || one === name.toLowerCase())) headers.append('Vary', name)
}

function namesOf (list: string): string[] {
  return list.split(',').map(one => one.trim().toLowerCase())
}
