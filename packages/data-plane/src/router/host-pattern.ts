/** One pattern of a route against one host, both in lower case: a leading `*` takes names of any depth (data-plane.md 4.2). */
export function matchesHost (pattern: string, host: string): boolean {
  return pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : pattern === host
}
