// A process of its own for embedded.test.ts: opens the database and writes until it is killed, telling each write
// that was acknowledged. With `open` it only opens, and tells how that went.
import { writeSync } from 'node:fs'
import { openEmbeddedStore } from '@clinch/store'

const [, , path = '', mode = 'write'] = process.argv
const say = (line: string): void => { writeSync(1, `${line}\n`) }

if (mode === 'open') {
  try {
    await using store = await openEmbeddedStore({ path })
    say(`opened ${store.kind}`)
  } catch (error) {
    say(String(error))
  }
} else {
  const store = await openEmbeddedStore({ path })
  const call = async (caller: number): Promise<never> => {
    for (let serial = 1; ; serial++) {
      const { revision } = await store.put(`/acked/${caller}/${serial}`, String(serial))
      say(`${caller} ${serial} ${revision}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, caller) => call(caller)))
}
