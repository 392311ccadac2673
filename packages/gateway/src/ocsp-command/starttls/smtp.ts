import type { Conversation } from './conversation.ts'

/** [RFC 3207] */
export async function askSmtp (conversation: Conversation): Promise<void> {
  await reply(conversation, '220')
  conversation.send('EHLO client.invalid')
  await reply(conversation, '250')
  conversation.send('STARTTLS')
  await reply(conversation, '220')
}

// All lines of a reply but its last have a hyphen behind the number. [RFC 5321 4.2.1]
async function reply (conversation: Conversation, expected: string): Promise<void> {
  let line = await conversation.readLine()
  while (/^\d{3}-/.test(line)) line = await conversation.readLine()
  if (!line.startsWith(expected)) conversation.refuse(line)
}
