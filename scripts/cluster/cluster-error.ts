/** Why a cluster cannot run; the message is all that is shown. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
}
