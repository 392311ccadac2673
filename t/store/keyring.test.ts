import t from 'tap'
import { createKeyring, decryptPrivateKey, encryptPrivateKey } from '@clinch/store'

const short = 'qeddd145sfvddff3'
const older = 'edd1c9f0985e76a2'
const long = 'qeddd145sfvddff3edd1c9f0985e76a2'
const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n'

// openssl enc -aes-128-cbc (or -aes-256-cbc) -K <entry in hex> -iv <its first 16 bytes> -base64 -A
const vectors = [
  { entry: short, plain: 'jack', cipherText: 'KoN0WRwZMXPq9uJS7UoGcQ==' },
  { entry: short, plain: '', cipherText: 'CEGh183MAO3X8/ZV2jzHeA==' },
  { entry: short, plain: 'exactly16bytes!!', cipherText: 'PYi8QQ4MOPtw+IV5IhckBZ4FyfzaRgA8NpJoqgvIUSU=' },
  { entry: long, plain: 'Schlüssel 漢字', cipherText: 'O9G/dxmOWmsGLt2Zgab2tyJ3gk5CP/+PwLFWJTnk/ZU=' },
  { entry: older, plain: pem, cipherText: 'YnwwDKc5vNzo0OU4StTRQSQ5kK6XRAkpSTk0e4k8g2ezuDos+MLGaXLdxyAV5UfVSCK5uOqN7w+yebKlWScaG/Dy/ifqkeeAYFE9Yo0KsXI=' }
]

t.test('encrypts as openssl does, each entry being its own IV', async t => {
  for (const { entry, plain, cipherText } of vectors) {
    const keyring = createKeyring(entry)
    t.equal(keyring.encrypt(plain), cipherText)
    t.equal(keyring.decrypt(cipherText), plain)
    t.equal(keyring.isEmpty, false)
  }
})

t.test('encrypts with the first entry and decrypts with any', async t => {
  const before = createKeyring([older])
  const after = createKeyring([long, short, older])
  t.equal(after.decrypt(before.encrypt('secret')), 'secret')
  t.equal(after.encrypt('secret'), createKeyring(long).encrypt('secret'))
  t.equal(before.decrypt(after.encrypt('secret')), undefined)
})

t.test('text that no entry opens is undefined', async t => {
  const keyring = createKeyring(short)
  for (const text of ['', 'jack', 'not base64!', 'AAAA', '$secret://vault/1/a', pem, 'KoN0WRwZMXPq9uJS7UoGcQ=='.slice(0, -4), '='.repeat(24)]) {
    t.equal(keyring.decrypt(text), undefined)
  }
})

t.test('a wrong key whose padding looks right by chance gives no text', async t => {
  const right = createKeyring(older)
  const keyring = createKeyring([short, older])
  for (let serial = 0; serial < 2000; serial++) {
    const plain = `---${serial} ${'x'.repeat(40)}`
    t.equal(keyring.decrypt(right.encrypt(plain), { expectPem: true }), plain)
  }
  t.equal(keyring.decrypt(right.encrypt('no pem'), { expectPem: true }), undefined)
})

t.test('an empty keyring leaves everything as it is', async t => {
  for (const keyring of [createKeyring(null), createKeyring([])]) {
    t.equal(keyring.isEmpty, true)
    t.equal(keyring.encrypt(pem), pem)
    t.equal(keyring.decrypt('anything'), 'anything')
  }
})

t.test('an entry of another length is refused without being shown', async t => {
  for (const [entries, message] of [
    ['short', 'keyring entry 1 has 5 bytes, it must have 16 or 32'],
    ['', 'keyring entry 1 has 0 bytes, it must have 16 or 32'],
    [[short, 'é'.repeat(16)], undefined],
    [[short, 'é'.repeat(12)], 'keyring entry 2 has 24 bytes, it must have 16 or 32']
  ] as const) {
    if (message === undefined) t.doesNotThrow(() => createKeyring(entries))
    else t.throws(() => createKeyring(entries), { name: 'RangeError', message })
  }
})

t.test('only PEM is encrypted at rest, so that sending a stored text again changes nothing', async t => {
  const keyring = createKeyring([short, older])
  const stored = encryptPrivateKey(keyring, pem)
  t.not(stored, pem)
  t.equal(encryptPrivateKey(keyring, stored), stored)
  t.equal(encryptPrivateKey(keyring, '$env://KEY'), '$env://KEY')
  t.equal(decryptPrivateKey(keyring, stored), pem)
  t.equal(decryptPrivateKey(keyring, pem), pem)
  t.equal(decryptPrivateKey(createKeyring([long]), stored), undefined)
  t.equal(decryptPrivateKey(keyring, keyring.encrypt('no pem')), undefined)
  t.equal(encryptPrivateKey(createKeyring(null), pem), pem)
})

t.test('a private key that an older entry encrypted is encrypted anew with the first when it is written again', async t => {
  const [before, after] = [createKeyring([short, older]), createKeyring([long, short, older])]
  const stored = encryptPrivateKey(before, pem)
  t.equal(encryptPrivateKey(before, stored), stored, 'the first entry made it')
  const again = encryptPrivateKey(after, stored)
  t.equal(again, encryptPrivateKey(createKeyring(long), pem))
  t.equal(decryptPrivateKey(createKeyring(long), again), pem, 'the old entries may go')
  t.equal(encryptPrivateKey(createKeyring(long), stored), stored, 'what no entry opens stays')
  t.equal(encryptPrivateKey(createKeyring(null), stored), stored)
  t.equal(encryptPrivateKey(after, '$secret://vault/1/tls/key'), '$secret://vault/1/tls/key')
})
