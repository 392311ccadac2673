/** Another gateway runs with the same `data_dir`. */
export class InstanceError extends Error {
  override readonly name = 'InstanceError'

  constructor (dataDir: string, pid: number | undefined) {
    super(`a gateway is running already${pid === undefined ? '' : ` (pid ${pid})`} with the data_dir ${dataDir}`)
  }
}
