import type { AdminApiOptions } from '../options.ts'

/** Marks an answer that a resource gave. */
export function apiVersion ({ apiVersion: version = 'v3' }: Pick<AdminApiOptions, 'apiVersion'>): { readonly 'x-api-version': 'v2' | 'v3' } {
  return { 'x-api-version': version }
}
