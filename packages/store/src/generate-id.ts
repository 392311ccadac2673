import type { Store } from './store.ts'

const idDigits = 20

/** An id that no other writer of the store gets: the revision of a write to `{prefix}/gen_id`, in 20 digits. Ids grow, with gaps. */
export async function generateId (store: Store, prefix: string): Promise<string> {
  const { revision } = await store.put(`${prefix}/gen_id`, '1')
  return String(revision).padStart(idDigits, '0')
}
