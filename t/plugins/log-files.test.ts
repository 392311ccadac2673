import { execFile } from 'node:child_process'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LogFiles } from '@clinch/plugins'
import t from 'tap'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const run = promisify(execFile)

t.test('a file is made with its folder, and lines are appended to what is there', async t => {
  const baseDir = t.testdir({ 'old.log': 'first\n' })
  const files = new LogFiles({ baseDir, log: recordLog().log })
  const [old, deep] = [files.open('old.log'), files.open('a/b/c.log')]
  old.write('second\n')
  old.write('third: ö\n')
  deep.write('x\n')
  await files.close()
  t.equal(await readFile(join(baseDir, 'old.log'), 'utf8'), 'first\nsecond\nthird: ö\n')
  t.equal(await readFile(join(baseDir, 'a/b/c.log'), 'utf8'), 'x\n')
})

t.test('a file that is empty yet is there before the first line', async t => {
  const baseDir = t.testdir()
  await using files = new LogFiles({ baseDir, log: recordLog().log })
  files.open('a.log')
  await until(async () => await readFile(join(baseDir, 'a.log'), 'utf8').then(() => true, () => false))
  t.equal(await readFile(join(baseDir, 'a.log'), 'utf8'), '')
})

t.test('a buffer waits until it is full, or until its time has come', async t => {
  const baseDir = t.testdir()
  await using files = new LogFiles({ baseDir, log: recordLog().log })
  const read = async (name: string) => await readFile(join(baseDir, name), 'utf8').catch(() => '')
  const slow = files.open('slow.log', { bufferChars: 10, flushMs: 3_600_000 })
  const soon = files.open('soon.log', { bufferChars: 1000, flushMs: 20 })
  slow.write('1234\n')
  soon.write('1234\n')
  await until(async () => await read('soon.log') === '1234\n')
  t.equal(await read('slow.log'), '')
  slow.write('5678\n')
  await until(async () => await read('slow.log') === '1234\n5678\n')
})

t.test('after a file was moved away lines go on in a new one, and none is lost', async t => {
  const baseDir = t.testdir()
  const files = new LogFiles({ baseDir, log: recordLog().log })
  const file = files.open('a.log', { bufferChars: 100, flushMs: 5 })
  const at = (name: string) => join(baseDir, name)
  let line = 0
  const ticking = setInterval(() => { for (let count = 0; count < 50; count++) file.write(`${line++}\n`) }, 1)
  for (let round = 1; round <= 5; round++) {
    const before = line
    await until(() => line > before + 200)
    await rename(at('a.log'), at(`a.log.${round}`))
    files.reopen()
    await until(async () => await readFile(at('a.log'), 'utf8').then(text => text !== '', () => false))
  }
  clearInterval(ticking)
  await files.close()
  const texts = await Promise.all(['a.log.1', 'a.log.2', 'a.log.3', 'a.log.4', 'a.log.5', 'a.log'].map(async name => await readFile(at(name), 'utf8')))
  t.equal(texts.join(''), Array.from({ length: line }, (_, index) => `${index}\n`).join(''))
})

t.test('who names the same file shares it, until the last one lets it go', async t => {
  const baseDir = t.testdir()
  const files = new LogFiles({ baseDir, log: recordLog().log })
  const [one, two] = [files.open('a.log'), files.open(join(baseDir, 'a.log'))]
  one.write('1\n')
  one.release()
  two.write('2\n')
  two.release()
  files.open('a.log').write('3\n')
  await files.close()
  t.same((await readFile(join(baseDir, 'a.log'), 'utf8')).split('\n').sort(), ['', '1', '2', '3'])
})

t.test('a file that cannot be written is told of once, its lines wait, and they are written when it can', async t => {
  const baseDir = t.testdir({ taken: 'a file, not a folder' })
  const { log, messages, lines } = recordLog()
  const files = new LogFiles({ baseDir, log })
  const file = files.open('taken/a.log')
  file.write('1\n')
  await until(() => messages(50).length > 0)
  file.write('2\n')
  t.same(messages(50), ['log file cannot be written'])
  t.match(lines[0], { path: join(baseDir, 'taken/a.log'), err: { code: /ENOTDIR|EEXIST/ } })
  await rm(join(baseDir, 'taken'))
  await until(() => messages(30).length > 0)
  await files.close()
  t.equal(await readFile(join(baseDir, 'taken/a.log'), 'utf8'), '1\n2\n')
  t.same(messages(50).length, 1)
})

t.test('of lines that wait only so many are kept; the others are counted', async t => {
  const baseDir = t.testdir({ taken: '' })
  const { log, messages, lines } = recordLog()
  const files = new LogFiles({ baseDir, log })
  const file = files.open('taken/a.log')
  await until(() => messages(50).length > 0)
  const line = `${'x'.repeat(1023)}\n`
  for (let count = 0; count < 8192; count++) file.write(line)
  await rm(join(baseDir, 'taken'))
  await until(() => messages(30).length > 0)
  await files.close()
  t.equal((await readFile(join(baseDir, 'taken/a.log'), 'utf8')).length, 4 * 1024 * 1024)
  t.match(lines.find(({ msg }) => msg === 'lines of a log file were lost'), { lines: 4096 })
})

t.test('a file that cannot be written does not hold up the end', async t => {
  const { log, messages } = recordLog()
  const files = new LogFiles({ baseDir: t.testdir({ taken: '' }), log })
  files.open('taken/a.log').write('1\n')
  await files.close()
  t.same(messages(50), ['log file cannot be written'])
})

t.test('processes that write to one file at once never mix their lines', async t => {
  const baseDir = t.testdir()
  const script = join(baseDir, 'writer.mjs')
  const door = new URL('../../packages/plugins/src/index.ts', import.meta.url).href
  await writeFile(script, `
    import { LogFiles } from '${door}'
    const [, , name] = process.argv
    const files = new LogFiles({ baseDir: '${baseDir}', log: console })
    const file = files.open('shared.log', { bufferChars: 4096, flushMs: 1 })
    for (let count = 0; count < 2000; count++) {
      file.write(name.repeat(10 + count % 400) + '\\n')
      if (count % 20 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    await files.close()`)
  await Promise.all(['a', 'b'].map(async name => await run(process.execPath, [script, name])))
  const written = (await readFile(join(baseDir, 'shared.log'), 'utf8')).trimEnd().split('\n')
  t.equal(written.length, 4000)
  t.ok(written.every(text => /^(a+|b+)$/.test(text)))
})
