import { relative } from 'node:path'
import type { LoadedConfig } from './config/load-config.ts'
import type { StartedGateway } from './primary/primary.ts'
import { product } from './product.ts'

/** What is printed when the gateway runs: where it listens, its store, where the admin key is, one line to try. */
export function startMessage (started: StartedGateway, { file, config }: LoadedConfig): string {
  const path = relative(process.cwd(), file)
  const url = ({ address, port }: { address: string, port: number }, scheme: string) => `${scheme}://${address === '' ? 'localhost' : address}:${port}`
  const adminScheme = config.deployment.admin.https_admin ? 'https' : 'http'
  const adminUrl = started.admin === undefined ? undefined : url(started.admin, adminScheme)
  const rows: Array<readonly [string, string]> = [
    ...started.listening.map(at => [at.scheme, url(at, at.scheme)] as const),
    ...(started.admin === undefined ? [] : [['admin', adminUrl ?? ''] as const]),
    ...(started.control === undefined ? [] : [['control', url(started.control, 'http')] as const]),
    ...(started.status === undefined ? [] : [['status', url(started.status, 'http')] as const]),
    ['store', `${started.storeKind}, ${started.storeKind === 'embedded' ? relative(process.cwd(), started.storePlace) : started.storePlace}`]
  ]
  if (adminUrl !== undefined) {
    rows.push(['key', started.unwrittenKey ?? `${path}, deployment.admin.admin_key[0].key${started.generatedKey ? ' (generated now)' : ''}`])
    rows.push(['try', `curl "${adminUrl}/apisix/admin/${started.storeKind === 'document' ? 'configs' : 'routes'}" -H "X-API-KEY: $(yq '.deployment.admin.admin_key[0].key' ${path} | tr -d '"')"`])
  }
  const lines = rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`)
  return `${product.name} ${product.version} is running\n${lines.join('\n')}\n`
}
