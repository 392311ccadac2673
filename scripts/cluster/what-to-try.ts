import { join, relative } from 'node:path'
import type { Cluster } from './start-cluster.ts'
import { ports } from './topology.ts'

/** Where everything is, and commands that can be pasted: a route, an ssl with a staple, health. */
export function whatToTry ({ topology, adminUrl, dataPlanes, nodes, grafanaPasswordFile, pki: pkiFolder }: Cluster, dir: string): string {
  const shorten = (path: string): string => relative(process.cwd(), path)
  const running = (name: string): boolean => nodes.some(node => node.name === name)
  const { prometheus, grafana, upstreams, etcd } = topology
  const [first] = dataPlanes
  const pki = shorten(pkiFolder)
  const rows = [
    ['Admin API', adminUrl],
    ...dataPlanes.map(({ name, ip }) => [name, `http://${ip}:${ports.http}  https://${ip}:${ports.https}  health http://${ip}:${ports.control}/v1/health`]),
    ['etcd', etcd.map(({ ip }) => `https://${ip}:${ports.etcdClient}`).join(' ')],
    ...running('prometheus') ? [['Prometheus', `http://${prometheus.ip}:${ports.prometheus}`]] : [],
    ...running('grafana') ? [['Grafana', `http://${grafana.ip}:${ports.grafana}, user admin, password in ${shorten(grafanaPasswordFile)}`]] : []
  ]
  const nodesOfRoute = upstreams.map(({ ip }) => `"${ip}:${ports.upstream}": 1`).join(', ')
  return `${rows.map(([name = '', where = '']) => `  ${name.padEnd(14)} ${where}`).join('\n')}

Try:

  . ${shorten(join(dir, 'secrets', 'gateway', 'clinch.env'))}

  curl ${adminUrl}/apisix/admin/routes/1 -H "X-API-KEY: $CLINCH_ADMIN_KEY" -X PUT -d '
    { "uri": "/*", "upstream": { "type": "roundrobin", "nodes": { ${nodesOfRoute} } } }'
  curl ${adminUrl}/apisix/admin/ssls/1 -H "X-API-KEY: $CLINCH_ADMIN_KEY" -X PUT -d '
    { "sni": "test.com", "cert": "'"$(cat ${pki}/test.com.ecdsa.chain.pem)"'", "key": "'"$(cat ${pki}/test.com.ecdsa.key)"'",
      "ocsp_stapling": { "enabled": true } }'

  sleep 1 # etcd tells the data planes
  curl -i http://${first?.ip}:${ports.http}/hello
  echo Q | openssl s_client -status -connect ${first?.ip}:${ports.https} -servername test.com 2>&1 | grep "Cert Status"`
}
