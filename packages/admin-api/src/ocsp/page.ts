import type { Page } from '../resources/list/paging.ts'

/** `total` counts before paging. */
export function pageOf<Item> (items: readonly Item[], page: Page & { kind: 'all' | 'page' }): { readonly total: number, readonly list: readonly Item[] } {
  if (page.kind === 'all') return { total: items.length, list: items }
  const start = (page.number - 1) * page.size
  return { total: items.length, list: items.slice(start, start + page.size) }
}
