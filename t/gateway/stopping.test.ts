import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { until } from '../support/gateway.ts'

const cli = fileURLToPath(new URL('../../packages/gateway/src/cli.ts', import.meta.url))

interface Wrapped {
  readonly wrapper: ChildProcess
  /** The gateway's own. */
  readonly pid: number
  readonly httpsPort: number
}

const config = `
apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 } }
nginx_config: { worker_processes: 1, worker_shutdown_timeout: 2s }
plugins: []
deployment: { admin: { admin_listen: { port: 0 }, admin_key: [{ name: admin, key: test-admin-key-0123456789abcdef, role: admin }] } }
clinch: { data_dir: data, log_level: debug }
`

// As npm does it: the gateway writes into what its parent was given.
async function startWrapped (t: Test): Promise<Wrapped> {
  const folder = t.testdir({ 'config.yaml': config })
  const command = `const { pid } = require('node:child_process').spawn(process.execPath, ${JSON.stringify([cli, 'start', '--config', join(folder, 'config.yaml')])}, { stdio: 'inherit' }); console.log('pid ' + pid)`
  const { NODE_OPTIONS: _taps, ...environment } = process.env
  const wrapper = spawn(process.execPath, ['-e', command], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  wrapper.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  const pidOf = () => Number(/^pid (\d+)$/m.exec(output)?.[1])
  await until(() => !Number.isNaN(pidOf()), () => output)
  const pid = pidOf()
  t.teardown(() => { if (isRunning(pid)) process.kill(pid, 'SIGKILL') })
  await until(() => output.includes(' is running\n') && /^ {2}store /m.test(output), () => output)
  return { wrapper, pid, httpsPort: Number(/^ {2}https +\S+:(\d+)/m.exec(output)?.[1]) }
}

function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return existsSync(`/proc/${pid}/exe`) // one that ended and that nobody waits for has none
  } catch {
    return false
  }
}

// Each leaves a line in the log.
async function knock (port: number, times: number): Promise<void> {
  for (let left = times; left > 0; left -= 20) {
    await Promise.all(Array.from({ length: Math.min(20, left) }, async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.end('GET / HTTP/1.1\r\n\r\n')
      socket.resume()
      await once(socket, 'close')
    }))
  }
}

t.test('a gateway whose parent was killed, and whose output nobody takes any more, ends at SIGTERM', async t => {
  const { wrapper, pid, httpsPort } = await startWrapped(t)
  wrapper.kill('SIGKILL')
  await once(wrapper, 'exit')
  wrapper.stdout?.destroy()
  await knock(httpsPort, 100)
  t.ok(isRunning(pid), 'it goes on')
  process.kill(pid, 'SIGTERM')
  await until(() => !isRunning(pid))
})

t.test('a gateway whose output is full because nobody reads it', async t => {
  const { wrapper, pid, httpsPort } = await startWrapped(t)
  let read = ''

  await t.test('goes on, and tells how many lines were dropped when the reader is back', async t => {
    wrapper.stdout?.pause()
    await knock(httpsPort, 3000)
    wrapper.stdout?.on('data', (text: string) => { read += text }).resume()
    await until(async () => { await knock(httpsPort, 1); return /"lines":[1-9]\d*,"msg":"log lines were dropped/.test(read) }, () => read.slice(-500))
    t.ok(read.split('\n').slice(0, -1).every(isJson), 'every line is whole')
  })

  await t.test('ends at SIGTERM, orphaned too', async t => {
    wrapper.stdout?.pause()
    await knock(httpsPort, 1500)
    wrapper.kill('SIGKILL')
    await once(wrapper, 'exit')
    t.ok(isRunning(pid))
    process.kill(pid, 'SIGTERM')
    await until(() => !isRunning(pid))
  })
})

function isJson (line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
