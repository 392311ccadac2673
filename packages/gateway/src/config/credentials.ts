import type { Config } from '@clinch/schema'

/** An address of etcd with a user or a password in it: addresses are logged. */
export function findCredentials ({ deployment: { etcd } }: Config): { readonly property: readonly string[], readonly message: string } | undefined {
  const index = etcd.host.findIndex(url => url.includes('@'))
  if (index < 0) return undefined
  return { property: ['deployment', 'etcd', 'host', String(index)], message: 'user and password belong into deployment.etcd.user and deployment.etcd.password' }
}

/** A complaint that shows the value that it is about, without the user and the password of an address. */
export function withoutCredentials (message: string): string {
  return message.replaceAll(/\/\/[^/@\s"]*@/g, '//[secret]@')
}
