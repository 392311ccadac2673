import type { Test } from 'tap'
import { TestGateway } from '../../t/support/gateway.ts'
import type { Scope } from '../scope.ts'
import { pin } from './cores.ts'

export interface ClinchOptions {
  readonly core?: number
  readonly workers?: number
  readonly plugins?: readonly string[]
  /** The URL of an etcd; the embedded store without it. */
  readonly etcd?: string
  /** `nginx_config`. */
  readonly nginx?: object
  /** Where it runs, with what is in its `data` already; a temporary folder without it. */
  readonly folder?: string
  /** Responders that client certificates name: the guard refuses loopback unless it is listed. */
  readonly responders?: readonly string[]
}

export interface Clinch {
  readonly gateway: TestGateway
  readonly workerPids: readonly number[]
  /** PUTs an object; an answer that is no success is an error. */
  put (path: string, body: unknown): Promise<void>
}

/** The gateway as an operator runs it: `clinch start`, a config.yaml, the Admin API; everything else is its default. */
export async function startClinch (scope: Scope, { core, workers = 1, plugins = ['ocsp-stapling'], etcd, nginx, ...where }: ClinchOptions = {}): Promise<Clinch> {
  const gateway = await TestGateway.start(scope as unknown as Test, { // it asks for `teardown` only
    workers,
    plugins,
    ...where,
    config: {
      clinch: { data_dir: 'data', log_level: 'info' },
      ...(nginx === undefined ? {} : { nginx_config: { worker_processes: workers, worker_shutdown_timeout: '5s', ...nginx } }),
      ...(etcd === undefined ? {} : { deployment: { role_traditional: { config_provider: 'etcd' }, etcd: { host: [etcd] } } })
    }
  })
  const { body } = await gateway.control('/v1/workers')
  const workerPids = (body as unknown as { list: ReadonlyArray<{ pid: number }> }).list.map(({ pid }) => pid)
  if (core !== undefined) for (const pid of workerPids) await pin(pid, core)
  return {
    gateway,
    workerPids,
    async put (path, body) {
      const { status, text } = await gateway.admin('PUT', path, body)
      if (status >= 300) throw new Error(`PUT ${path}: ${status} ${text}`)
    }
  }
}
