import { readFile, readdir, readlink } from 'node:fs/promises'

/**
 * The ports of the clients whose connections a process has accepted, as the kernel knows it.
 *
 * @param listening - the ports that it listens on
 */
export async function clientPortsOf (pid: number, listening: readonly number[]): Promise<ReadonlySet<number>> {
  const own = new Set(await socketsOf(pid))
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8')
  return new Set(parseTcpTable(table).filter(({ inode, localPort }) => own.has(inode) && listening.includes(localPort)).map(({ remotePort }) => remotePort))
}

/** Lines of /proc/net/tcp. [proc(5)] */
export function parseTcpTable (table: string): ReadonlyArray<{ readonly localPort: number, readonly remotePort: number, readonly inode: string }> {
  return table.trim().split('\n').slice(1).map(line => {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
    const portIn = (address: string): number => parseInt(address.split(':')[1] ?? '', 16)
    return { localPort: portIn(local), remotePort: portIn(remote), inode }
  })
}

async function socketsOf (pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all((await readdir(folder)).map(async fd => await readlink(`${folder}/${fd}`).catch(() => ''))) // it was closed meanwhile
  return links.flatMap(link => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}
