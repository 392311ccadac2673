import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface VaultServer {
  readonly uri: string
  readonly token: string
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** Puts a secret into a mount: `kv` is of version 1, `kv2` of version 2. */
  put (mount: 'kv' | 'kv2', path: string, members: Readonly<Record<string, unknown>>): void
  remove (mount: 'kv' | 'kv2', path: string): void
  /** How it behaves from now on; `slow` answers when it is told to behave otherwise. */
  behave (as: 'well' | 'sealed' | 'slow' | 'broken' | 'huge' | 'forbidding'): void
}

interface Teardown { teardown (fn: () => unknown): void }

/**
 * The documented HTTP API of vault's secrets engine KV, as far as reading goes: tokens and namespaces, 403, 404 with and
 * without warnings, 503 while sealed; and what no vault says: slow, broken and endless answers.
 */
export async function startVault (t: Teardown, { namespace }: { readonly namespace?: string } = {}): Promise<VaultServer> {
  const token = 'hvs.canary-vault-token'
  const secrets = new Map<string, Readonly<Record<string, unknown>> | 'deleted'>()
  const asked: string[] = []
  const waiting: Array<() => void> = []
  let behaviour: Parameters<VaultServer['behave']>[0] = 'well'

  const answer = (url: string, headers: NodeJS.Dict<string | string[]>, response: ServerResponse): void => {
    const reply = (status: number, body: unknown) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) }
    const replyText = (text: string | Buffer) => { response.writeHead(200).end(text) }
    if (behaviour === 'slow') {
      waiting.push(() => answer(url, headers, response))
      return
    }
    if (behaviour === 'sealed') return reply(503, { errors: ['Vault is sealed'] })
    if (behaviour === 'broken') return replyText('{"data": ')
    if (behaviour === 'huge') return replyText(Buffer.alloc(2 * 1024 * 1024, ' '))
    if (behaviour === 'forbidding' || headers['x-vault-token'] !== token || headers['x-vault-namespace'] !== namespace) return reply(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] })
    const [mount = '', ...path] = decodeURIComponent(url).replace('/v1/', '').split('/')
    if (mount === 'kv2' && path[0] !== 'data') {
      return reply(404, { errors: [], warnings: ['Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use.'] })
    }
    const members = secrets.get(mount === 'kv2' ? `kv2/${path.slice(1).join('/')}` : `${mount}/${path.join('/')}`)
    const metadata = { created_time: '2030-01-01T00:00:00Z', custom_metadata: null, deletion_time: '', destroyed: false, version: 3 }
    if (members === 'deleted') return reply(404, { data: { data: null, metadata: { ...metadata, deletion_time: '2030-01-02T00:00:00Z' } } })
    if (members === undefined) return reply(404, { errors: [] })
    reply(200, { request_id: '1', lease_duration: 2_764_800, data: mount === 'kv2' ? { data: members, metadata } : members })
  }

  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request.url ?? '', request.headers, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    token,
    asked,
    put: (mount, path, members) => { secrets.set(`${mount}/${path}`, members) },
    remove: (mount, path) => {
      if (mount === 'kv2') secrets.set(`${mount}/${path}`, 'deleted')
      else secrets.delete(`${mount}/${path}`)
    },
    behave (as) {
      behaviour = as
      for (const go of waiting.splice(0)) go()
    }
  }
}
