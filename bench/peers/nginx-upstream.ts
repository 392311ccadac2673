import { freePort } from '../../t/support/free-port.ts'
import type { Scope } from '../scope.ts'
import { loadCore } from './cores.ts'
import { startNginx } from './nginx.ts'

/** An upstream that gives one answer, on the core of the load. @returns its port */
export async function startNginxUpstream (scope: Scope, answer: string, type = 'text/plain'): Promise<number> {
  const port = await freePort()
  await startNginx(scope, {
    core: loadCore,
    port,
    http: `
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port};
    location / { default_type ${type}; return 200 '${answer}'; }
  }`
  })
  return port
}
