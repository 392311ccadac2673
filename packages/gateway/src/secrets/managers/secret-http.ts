import { Agent, request } from 'undici'

export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** False: take any certificate. */
  readonly verify?: boolean
}

export type HttpReply =
  | { readonly kind: 'reply', readonly status: number, readonly body: string }
  | { readonly kind: 'failed', readonly reason: string }

/** How managers are asked: one deadline, a bounded answer, no redirects. */
export interface SecretHttp {
  /** Never rejects; reasons name neither headers nor bodies. */
  ask (url: string, question: HttpQuestion): Promise<HttpReply>
  /** Gives up what is under way. */
  close (): Promise<void>
}

const deadlineMs = 5000
const maxBodyBytes = 1024 * 1024

/** @param caPem - trusted in place of Node's own CAs */
export function createSecretHttp (caPem?: string): SecretHttp {
  const closing = new AbortController()
  const agentOf = (verify: boolean) => new Agent({ connect: { rejectUnauthorized: verify, ...(caPem === undefined ? {} : { ca: caPem }) } })
  const [verifying, trusting] = [agentOf(true), agentOf(false)]
  return {
    async ask (url, { method, headers, body, verify = true }) {
      const deadline = AbortSignal.timeout(deadlineMs)
      try {
        const answer = await request(url, {
          method, headers, body: body ?? null, dispatcher: verify ? verifying : trusting, signal: AbortSignal.any([closing.signal, deadline])
        })
        return { kind: 'reply', status: answer.statusCode, body: await readBody(answer.body) }
      } catch (error) {
        return { kind: 'failed', reason: deadline.aborted ? `it did not answer within ${deadlineMs} ms` : `it cannot be asked: ${codeOf(error)}` }
      }
    },
    async close () {
      closing.abort()
      await Promise.all([verifying.destroy(), trusting.destroy()])
    }
  }
}

async function readBody (body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBodyBytes) throw Object.assign(new Error('too large'), { code: `the answer has more than ${maxBodyBytes} octets` })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// A code says what is wrong (ECONNREFUSED, a certificate's fault); a message may quote a header.
function codeOf (error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return 'the request failed'
}
