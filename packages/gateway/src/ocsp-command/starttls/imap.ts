import type { Conversation } from './conversation.ts'

/** [RFC 9051 6.2.1] */
export async function askImap (conversation: Conversation): Promise<void> {
  const greeting = await conversation.readLine()
  if (!/^\* OK\b/i.test(greeting)) conversation.refuse(greeting)
  conversation.send('a1 STARTTLS')
  let line = await conversation.readLine()
  while (line.startsWith('* ')) line = await conversation.readLine()
  if (!/^a1 OK\b/i.test(line)) conversation.refuse(line)
}
