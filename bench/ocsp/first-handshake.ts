import { setTimeout as sleep } from 'node:timers/promises'
import { shakeHands, type Handshake } from '../../t/support/staple-client.ts'
import type { Issued } from '../../t/support/pki.ts'
import type { Clinch } from '../peers/clinch.ts'

export interface First {
  /** The first that was answered with a certificate. */
  readonly handshake: Handshake
  /** Tries before it that were refused because the worker did not know the name yet. */
  readonly tooEarly: number
}

const unknownName = 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'

export async function putStapled ({ put }: Clinch, name: string, { chainPem, keyPem }: Issued): Promise<void> {
  await put(`ssls/${name}`, { cert: chainPem, key: keyPem, snis: [name], ocsp_stapling: { enabled: true } })
}

/** Connects as soon as the PUT is answered. A worker takes a change over in its own time, a few milliseconds: until then the name is unknown. */
export async function shakeFirst ({ gateway }: Clinch, name: string): Promise<First> {
  for (let tooEarly = 0; ; tooEarly++) {
    try {
      return { handshake: await shakeHands(gateway.httpsPort, name), tooEarly }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== unknownName) throw error
      await sleep(1)
    }
  }
}
