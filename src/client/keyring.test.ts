import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { signInFolder } from './kept-sign-in.ts'
import { type RunProgram, systemKeyring } from './keyring.ts'

const base = mkdtempSync(join(tmpdir(), 'hallpass-keyring-'))
after(() => rmSync(base, { recursive: true, force: true }))

/** A keyring's program, and what it was run with. */
function program() {
  const entries = new Map<string, string>()
  const runs: { readonly words: readonly string[]; readonly input: string }[] = []
  const run: RunProgram = async (_program, words, input = '') => {
    runs.push({ words, input })
    const account = words[1 + words.findIndex((word) => word === 'account' || word === '-a')] ?? ''
    if (words[0] === 'store') entries.set(account, input)
    else if (words[0] === '-i') {
      const [, entry = '', secret = ''] = /-a (\S+) -w (\S+)\n$/.exec(input) ?? []
      entries.set(entry, secret)
    } else if (words[0] === 'clear' || words[0] === 'delete-generic-password') entries.delete(account)
    else return entries.get(account)
    return ''
  }
  return { entries, runs, run }
}

const entry = 'https://hallpass.example'
const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }
for (const [platform, name] of [
  ['linux', 'secret-tool'],
  ['darwin', 'security'],
] as const) {
  test(`${name} gets a secret by its input, never as a word`, async () => {
    const { runs, run } = program()
    const keyring = systemKeyring(bus, platform, run)
    assert.equal(keyring?.name, name)
    assert.equal(await keyring?.store(entry, 'the-secret'), true)
    assert.equal(await keyring?.look(entry), 'the-secret')
    await keyring?.remove(entry)
    assert.equal(await keyring?.look(entry), undefined)
    assert.ok(runs.some(({ input }) => input.includes('the-secret')))
    assert.ok(!runs.some(({ words }) => words.join(' ').includes('the-secret')))
  })
}

test('there is none without a session, on other systems, or where it is not wanted', () => {
  assert.equal(systemKeyring({}, 'linux'), undefined)
  assert.equal(systemKeyring(bus, 'win32'), undefined)
  assert.equal(systemKeyring({ ...bus, HALLPASS_KEYRING: 'none' }, 'linux'), undefined)
})

test('the program itself is run so', async () => {
  const bin = join(base, 'bin')
  mkdirSync(bin)
  const tool = join(bin, 'secret-tool')
  writeFileSync(
    tool,
    `#!/bin/sh\necho "$@" >> ${base}/words\nif [ "$1" = store ]; then cat > ${base}/entry; else cat ${base}/entry; fi\n`,
  )
  chmodSync(tool, 0o755)
  const keyring = systemKeyring({ ...bus, PATH: `${bin}:${process.env.PATH}` }, 'linux')
  assert.equal(await keyring?.store(entry, 'the-secret'), true)
  assert.equal(await keyring?.look(entry), 'the-secret')
  assert.ok(!readFileSync(join(base, 'words'), 'utf8').includes('the-secret'))
})

const tokens = { refreshToken: 'refresh-secret', accessToken: 'access-secret', accessEndsAt: 0 }
const signIn = { url: entry, connector: 'corp', login: 'ann', endsAt: '2026-03-01T12:00:00Z' }

test('tokens in the keyring are in no file, and go with the sign-in', async () => {
  const { entries, run } = program()
  const home = join(base, 'home')
  const folder = signInFolder({ HOME: home }, systemKeyring(bus, 'linux', run))
  const kept = await folder.keep(signIn, tokens)
  assert.equal(kept.tokensAre, 'in the keyring')
  assert.deepEqual(await folder.tokensOf(kept), tokens)
  assert.deepEqual(folder.list(), [kept])
  for (const name of readdirSync(join(home, '.local/state/hallpass/sign-ins')))
    assert.doesNotMatch(readFileSync(join(home, '.local/state/hallpass/sign-ins', name), 'utf8'), /secret|cmVmcmVzaC/)
  await folder.forget(kept)
  assert.equal(entries.size, 0)
  assert.deepEqual(folder.list(), [])
})

test('a keyring that takes nothing leaves the tokens to a file', async () => {
  const home = join(base, 'locked')
  const folder = signInFolder(
    { HOME: home },
    systemKeyring(bus, 'linux', async () => undefined),
  )
  const kept = await folder.keep(signIn, tokens)
  assert.equal(kept.tokensAre, 'in a file')
  assert.deepEqual(await folder.tokensOf(kept), tokens)
})
