import type { Conversation } from './conversation.ts'
import { askImap } from './imap.ts'
import { askPop3 } from './pop3.ts'
import { askSmtp } from './smtp.ts'

export interface StarttlsProtocol {
  readonly port: number
  /** Talks until the server waits for a ClientHello. */
  readonly ask: (conversation: Conversation) => Promise<void>
}

export const starttlsProtocols = {
  smtp: { port: 25, ask: askSmtp },
  imap: { port: 143, ask: askImap },
  pop3: { port: 110, ask: askPop3 }
} as const satisfies Record<string, StarttlsProtocol>

export type StarttlsName = keyof typeof starttlsProtocols

export const isStarttlsName = (text: string): text is StarttlsName => Object.hasOwn(starttlsProtocols, text)
