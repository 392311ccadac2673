import type { CheckerStatus } from './healthcheck-routes.ts'

type ShownChecker = Pick<CheckerStatus, 'type' | 'nodes'> & { readonly name: string }

const columns = ['Index', 'Upstream', 'Check type', 'Host', 'Status', 'Success counts', 'TCP Failures', 'HTTP Failures', 'TIMEOUT Failures']

/** The checkers as a table, one node a row, for whoever looks with a browser. */
export function renderHealthchecks (checkers: readonly ShownChecker[]): string {
  const rows = checkers.flatMap(({ name, type, nodes }) => nodes.map(({ ip, port, status, counter }) =>
    [name, type, `${ip}:${port}`, status, counter.success, counter.tcp_failure, counter.http_failure, counter.timeout_failure]))
  return [
    '<!DOCTYPE html>', '<html>', '<head><title>Upstream checks</title></head>', '<body>', '<h1>Upstream checks</h1>', '<table border="1">',
    rowOf('th', columns),
    ...rows.map((cells, index) => rowOf('td', [index + 1, ...cells])),
    '</table>', '</body>', '</html>', ''
  ].join('\n')
}

function rowOf (tag: 'th' | 'td', cells: ReadonlyArray<string | number>): string {
  return `<tr>${cells.map(cell => `<${tag}>${escape(String(cell))}</${tag}>`).join('')}</tr>`
}

function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
