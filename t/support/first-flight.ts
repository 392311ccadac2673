import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect } from 'node:tls'

/** A ClientHello as a client sends it that may then say no more. */
export async function firstFlight (servername: string): Promise<Buffer> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const client = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', servername }).on('error', () => {}) // a TCP server's
  const [server] = await once(listener, 'connection') as [Socket]
  const [hello] = await once(server, 'data') as [Buffer]
  client.destroy()
  server.destroy()
  listener.close()
  return hello
}
