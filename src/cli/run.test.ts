import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { settingNames, settings } from '../config/settings.ts'
import { commands } from './commands.ts'
import { invoke, newPath } from './testing/world.ts'

for (const { name, says, options = {} } of commands) {
  test(`help of ${name} says what it does and names every option`, async () => {
    const printed = await invoke([...name.split(' '), '--help'])
    equal(printed.code, 0)
    ok(printed.out.includes(says))
    for (const option of Object.keys(options)) ok(printed.out.includes(`--${option}`), option)
    deepEqual(await invoke(['help', ...name.split(' ')]), printed)
  })
}

test('help lists every command, help settings every setting with its three names', async () => {
  const { out } = await invoke([])
  for (const { name } of commands) match(out, new RegExp(`^ {2}${name}\\b`, 'm'))
  const all = (await invoke(['help', 'settings'])).out
  for (const name of settingNames) ok(all.includes(`${name}:`), name)
  match(all, /--tls-cert FILE {3}HALLPASS_TLS_CERT {3}tls-cert:/)
})

test('no flag takes a secret', async () => {
  const secrets = settingNames.filter((name) => settings[name].kind === 'secret')
  ok(secrets.length >= 2)
  for (const name of secrets) {
    const { code, err } = await invoke(['serve', `--${name}`, 'x'])
    equal(code, 2)
    match(err, /Unknown option/)
  }
})

test('no option of a command that takes settings has the name of one: a flag has one meaning', () => {
  for (const { name, options = {}, ownConfig } of commands) {
    if (ownConfig) continue
    for (const option of Object.keys(options))
      ok(!(settingNames as readonly string[]).includes(option), `${name} --${option}`)
  }
})

const wrong: [words: string[], code: number, says: RegExp][] = [
  [['frobnicate'], 2, /there is no command frobnicate; `hallpass help` lists them/],
  [['keys'], 2, /keys needs a second word: `keys rotate`, `keys list`/],
  [['help', 'frobnicate'], 2, /there is no command frobnicate/],
  [['serve', '--frob'], 2, /Unknown option '--frob'; see `hallpass help serve`/],
  [['serve', 'extra'], 2, /expected `hallpass serve`/],
  [['apply'], 2, /expected `hallpass apply FILE`/],
  [['apply', 'a', 'b'], 2, /expected `hallpass apply FILE`/],
  [['why'], 2, /expected `hallpass why REQUEST-ID` or `hallpass why --last`/],
  [['why', 'x', '--last'], 2, /expected `hallpass why REQUEST-ID` or `hallpass why --last`/],
  [['sessions', 'list', '--limit', 'many'], 2, /--limit: must be a whole number/],
  [
    ['serve', '--rate-per-key', '-1'],
    2,
    /^hallpass: write a value that begins with a dash as --rate-per-key=VALUE; see /,
  ],
  [['serve', '--rate-per-key=-1'], 2, /^hallpass: --rate-per-key: must be a whole number from 1 to 1000000$/],
  [['serve', '--rate-per-key'], 2, /^hallpass: Option '--rate-per-key <value>' argument missing; see /],
  [['apply', '/'], 1, /^hallpass: \/ is a folder, not a file$/],
  [['serve', '--config', '/'], 1, /^hallpass: \/ is a folder, not a file$/],
  [['serve', '--listen', '4600'], 2, /--listen: must be HOST:PORT/],
  [['serve', '--config', '/nowhere.yaml'], 1, /\/nowhere\.yaml: there is no such file/],
  [['sessions', 'revoke'], 2, /choose what to revoke by one of --session/],
  [['sessions', 'revoke', '--session', 'x', '--role', 'y'], 2, /choose what to revoke by one of --session/],
  [['serve', '--tls-cert', '/nowhere.pem'], 2, /tls-cert and tls-key must be given together/],
]
for (const [words, code, says] of wrong) {
  test(`\`hallpass ${words.join(' ')}\` fails with ${code} and says why`, async () => {
    const done = await invoke(words, { environment: { HALLPASS_DATA: newPath() } })
    equal(done.code, code)
    equal(done.out, '')
    match(done.err, says)
    ok(done.err.split('\n').every((line) => line.startsWith('hallpass: ')))
  })
}

test('every command reports a mistake in the settings file with file:line:column', async () => {
  const file = `${newPath()}.yaml`
  writeFileSync(file, 'data: x\nlisten-on: y\naudit-days: none\n')
  for (const words of [
    ['serve', '--config', file],
    ['why', '--last', '--config', file],
  ]) {
    const { code, err } = await invoke(words)
    equal(code, 2)
    deepEqual(err.split('\n'), [
      `hallpass: ${file}:2:1: listen-on: no such setting; \`hallpass help settings\` lists them`,
      `hallpass: ${file}:3:1: audit-days: must be a whole number from 2 to 3650`,
    ])
  }
})

test('the version is the package’s', async () => {
  match((await invoke(['--version'])).out, /^\d+\.\d+\.\d+/)
})

test('a mistake in the providers file, or in a file that it names, is reported with file:line:column', async () => {
  const file = `${newPath()}.yaml`
  const entry = "providers:\n  - issuer: https://idp.example\n    account: '111122223333'\n"
  const rows: [text: string, says: RegExp][] = [
    ['google: { allow: [junk] }', /:1:18: google\.allow: junk is not an address or a CIDR range$/],
    [`${entry}    ca: none.pem\n`, /:4:5: providers\[0\]\.ca: \/.*\/none\.pem: there is no such file$/],
    [`${entry}    keys: ${basename(file)}\n`, /:4:5: providers\[0\]\.keys: /],
  ]
  for (const [text, says] of rows) {
    writeFileSync(file, text)
    const { code, err } = await invoke(['serve', '--data', newPath(), '--providers-file', file])
    equal(code, err.includes('no such file') ? 1 : 2)
    ok(err.startsWith(`hallpass: ${file}:`), err)
    match(err, says)
  }
})

test('all contradictions between settings are reported at once', async () => {
  const words = ['serve', '--data', newPath(), '--listen', '0.0.0.0:0', '--tls-key', '/nowhere.pem']
  const { code, err } = await invoke([...words, '--public-url', 'https://a.example', '--api-names', 'a.example'])
  equal(code, 2)
  equal(err.split('\n').length, 3)
})
