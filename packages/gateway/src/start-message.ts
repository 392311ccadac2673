import { relative } from 'node:path'
import type { Config } from '@clinch/schema'
import type { LoadedConfig } from './config/load-config.ts'
import type { StartedGateway } from './primary/primary.ts'
import { product } from './product.ts'

/** Where a gateway listens, by what it is called. */
export function listenersOf ({ listening, admin, control, status }: Pick<StartedGateway, 'listening' | 'admin' | 'control' | 'status'>, { deployment }: Config): ReadonlyArray<{ readonly name: string, readonly url: string }> {
  const own = [['admin', admin, deployment.admin.https_admin ? 'https' : 'http'], ['control', control, 'http'], ['status', status, 'http']] as const
  return [
    ...listening.map(at => ({ name: at.scheme, url: `${urlOf(at, at.scheme)}${at.proxyProtocol ? ' (PROXY protocol)' : ''}` })),
    ...own.flatMap(([name, at, scheme]) => at === undefined ? [] : [{ name, url: urlOf(at, scheme) }])
  ]
}

/** What is printed when the gateway runs: where it listens, its store, where the admin key is, one line to try. */
export function startMessage (started: StartedGateway, { file, config }: LoadedConfig): string {
  const path = relative(process.cwd(), file)
  const listeners = listenersOf(started, config)
  const adminUrl = listeners.find(({ name }) => name === 'admin')?.url
  const rows: Array<readonly [string, string]> = [
    ...listeners.map(({ name, url }) => [name, url] as const),
    ['store', `${started.storeKind}, ${started.storeKind === 'embedded' ? relative(process.cwd(), started.storePlace) : started.storePlace}`]
  ]
  if (adminUrl !== undefined) {
    rows.push(['key', started.unwrittenKey ?? `${path}, deployment.admin.admin_key[0].key${started.generatedKey ? ' (generated now)' : ''}`])
    rows.push(['try', `curl "${adminUrl}/apisix/admin/${started.storeKind === 'document' ? 'configs' : 'routes'}" -H "X-API-KEY: $(yq '.deployment.admin.admin_key[0].key' ${path} | tr -d '"')"`])
  }
  const lines = rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`)
  return `${product.name} ${product.version} is running\n${lines.join('\n')}\n`
}

function urlOf ({ address, port }: { readonly address: string, readonly port: number }, scheme: string): string {
  return `${scheme}://${address === '' ? 'localhost' : address}:${port}`
}
