import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayConfig, type GatewayConfigOptions } from './gateway-config.ts'
import { answers } from './http-probe.ts'
import { NodeProcess, type Surroundings } from './node-process.ts'
import { ports } from './topology.ts'

const cli = join(import.meta.dirname, '..', '..', 'packages', 'gateway', 'src', 'cli.ts')

export interface GatewayNodeOptions extends GatewayConfigOptions, Surroundings {
  /** The variables of its config.yaml, for node's --env-file. */
  readonly envFile: string
}

/** A control plane or a data plane: a primary, and on a data plane its workers. */
export class GatewayNode extends NodeProcess {
  readonly ip: string
  readonly #options: GatewayNodeOptions

  constructor (options: GatewayNodeOptions) {
    const { place: { name, ip }, folder, logFile, guard, envFile, onDeath } = options
    const { NODE_OPTIONS: _ofTheStarter, ...env } = process.env
    super({
      name,
      command: process.execPath,
      args: [`--env-file=${envFile}`, cli, 'start', '--config', join(folder, 'config.yaml')],
      folder,
      logFile,
      guard,
      env,
      isReady: async () => await isReady(options),
      stopWithinMs: 35_000, // worker_shutdown_timeout, and some
      ...(onDeath === undefined ? {} : { onDeath })
    })
    this.ip = ip
    this.#options = options
  }

  override async start (): Promise<void> {
    await writeFile(join(this.#options.folder, 'config.yaml'), await gatewayConfig(this.#options), { mode: 0o600 })
    await super.start()
  }

  /** Has every worker its configuration; does the Admin API answer? */
  async isServing (): Promise<boolean> {
    return await isReady(this.#options)
  }

  /** An answer of its control API. */
  async control (path: string): Promise<{ readonly status: number, readonly body: unknown }> {
    const answer = await fetch(`http://${this.ip}:${ports.control}${path}`, { signal: AbortSignal.timeout(5000) })
    return { status: answer.status, body: await answer.json() }
  }

  /** Process ids of its workers. */
  async workers (): Promise<readonly number[]> {
    const { body } = await this.control('/v1/workers')
    const { list } = body as { readonly list: ReadonlyArray<{ readonly pid?: number }> } // docs/operations/control-api.md
    return list.flatMap(({ pid }) => pid ?? [])
  }
}

// The Admin API listens last, when etcd was read: it refuses whoever brings no key.
async function isReady ({ topology, place }: GatewayNodeOptions): Promise<boolean> {
  return place === topology.controlPlane
    ? await answers(`http://${place.ip}:${ports.admin}/apisix/admin/routes`, 401)
    : await answers(`http://${place.ip}:${ports.status}/status/ready`)
}
