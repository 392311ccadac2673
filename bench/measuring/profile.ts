import { until, type TestGateway } from '../../t/support/gateway.ts'
import { readProfile, type CpuProfile, type Profile } from './read-profile.ts'

/** Samples a worker while `load` runs, through the inspector that SIGUSR1 opens. */
export async function profileWorker (gateway: TestGateway, pid: number, load: () => Promise<unknown>): Promise<Profile> {
  process.kill(pid, 'SIGUSR1')
  await until(() => inspectorUrl.test(gateway.output), () => 'the worker opened no inspector')
  const [, url = ''] = inspectorUrl.exec(gateway.output) ?? []
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)))
  })
  try {
    await ask(socket, 'Profiler.enable')
    await ask(socket, 'Profiler.setSamplingInterval', { interval: 500 })
    await ask(socket, 'Profiler.start')
    await load()
    const { profile } = await ask(socket, 'Profiler.stop') as { profile: CpuProfile }
    return readProfile(profile)
  } finally {
    socket.close()
  }
}

const inspectorUrl = /Debugger listening on (\S+)/

let lastId = 0

async function ask (socket: WebSocket, method: string, params: object = {}): Promise<unknown> {
  const id = ++lastId
  const answered = new Promise(resolve => {
    const onMessage = ({ data }: MessageEvent): void => {
      const message = JSON.parse(String(data)) as { id: number, result: unknown }
      if (message.id !== id) return
      socket.removeEventListener('message', onMessage)
      resolve(message.result)
    }
    socket.addEventListener('message', onMessage)
  })
  socket.send(JSON.stringify({ id, method, params }))
  return await answered
}
