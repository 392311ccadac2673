import type { Conversation } from './conversation.ts'

/** [RFC 2595 4] */
export async function askPop3 (conversation: Conversation): Promise<void> {
  await expectOk(conversation)
  conversation.send('STLS')
  await expectOk(conversation)
}

async function expectOk (conversation: Conversation): Promise<void> {
  const line = await conversation.readLine()
  if (!line.startsWith('+OK')) conversation.refuse(line)
}
