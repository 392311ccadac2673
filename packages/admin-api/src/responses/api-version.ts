/** Marks an answer that a resource gave. */
export const apiVersion = { 'x-api-version': 'v3' }
