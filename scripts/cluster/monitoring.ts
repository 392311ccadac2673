import { accessSync, constants } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { answers } from './http-probe.ts'
import { NodeProcess, type Surroundings } from './node-process.ts'
import { ports, type Topology } from './topology.ts'

const repository = join(import.meta.dirname, '..', '..')
const compose = join(repository, 'conf', 'compose')
const documents = join(repository, 'docs', 'operations')
const grafanaHome = '/usr/share/grafana'

/** Where a program is on PATH; undefined when it is not installed. */
export function findProgram (name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, name)).find(file => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Prometheus with the configuration and the alerts of docker-compose.yml. */
export async function prometheusNode (program: string, topology: Topology, surroundings: Surroundings): Promise<NodeProcess> {
  const { prometheus: { name, ip } } = topology
  const config = join(surroundings.folder, 'prometheus.yml')
  await writeFile(config, prometheusConfig(await readFile(join(compose, 'prometheus.yml'), 'utf8'), topology))
  return new NodeProcess({
    name,
    command: program,
    args: ['--config.file', config, '--storage.tsdb.path', 'data', '--web.listen-address', `${ip}:${ports.prometheus}`],
    isReady: async () => await answers(`http://${ip}:${ports.prometheus}/-/ready`),
    ...surroundings
  })
}

/** @param text - conf/compose/prometheus.yml */
export function prometheusConfig (text: string, topology: Topology): string {
  const { etcd, controlPlane, dataPlanes, prometheus } = topology
  const targets = (places: ReadonlyArray<{ readonly ip: string }>, port: number): string => places.map(({ ip }) => `"${ip}:${port}"`).join(', ')
  return text
    .replace('alerts/*.yaml', join(documents, 'alerts', '*.yaml'))
    .replace(/"control-plane:.*"(?=\])/, targets([controlPlane, ...dataPlanes], ports.metrics))
    .replace(/"etcd-1:.*"(?=\])/, targets(etcd, ports.etcdMetrics))
    .replace(/"prometheus:.*"(?=\])/, targets([prometheus], ports.prometheus))
}

/** Grafana with the data source and the dashboards of docker-compose.yml. */
export function grafanaNode (program: string, { grafana: { name, ip }, prometheus }: Topology, passwordFile: string, surroundings: Surroundings): NodeProcess {
  return new NodeProcess({
    name,
    command: program,
    args: ['server', '--homepath', grafanaHome],
    env: {
      ...process.env,
      GF_PATHS_DATA: join(surroundings.folder, 'data'),
      GF_PATHS_LOGS: join(surroundings.folder, 'logs'),
      GF_PATHS_PROVISIONING: join(compose, 'grafana'),
      GF_SERVER_HTTP_ADDR: ip,
      GF_SERVER_HTTP_PORT: String(ports.grafana),
      GF_SECURITY_ADMIN_PASSWORD: `$__file{${passwordFile}}`, // Grafana reads it, so that it is in no environment
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      CLINCH_PROMETHEUS: `http://${prometheus.ip}:${ports.prometheus}`,
      CLINCH_DASHBOARDS: join(documents, 'grafana')
    },
    isReady: async () => await answers(`http://${ip}:${ports.grafana}/api/health`),
    ...surroundings
  })
}
