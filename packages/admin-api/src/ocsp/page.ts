import type { Page } from '../resources/list/paging.ts'

/** Tens of thousands of clients may be remembered: without paging the first of them are shown. */
export const firstClients = { kind: 'page', number: 1, size: 500 } as const

/** `total` counts before paging. */
export function pageOf<Item> (items: readonly Item[], page: Page & { kind: 'all' | 'page' }): { readonly total: number, readonly list: readonly Item[] } {
  if (page.kind === 'all') return { total: items.length, list: items }
  const start = (page.number - 1) * page.size
  return { total: items.length, list: items.slice(start, start + page.size) }
}
