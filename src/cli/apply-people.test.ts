import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke, newPath, serving } from './testing/world.ts'

const planted = 'planted-bind-password'

/** A folder with a file about people, and the secret that it names. */
function folder(rows: string, connector = '') {
  const path = newPath()
  mkdirSync(path)
  writeFileSync(join(path, 'bind.secret'), `${planted}\n`)
  const file = join(path, 'people.yaml')
  writeFileSync(
    file,
    `accounts:
  - id: '111122223333'
    name: home
    users: [{ name: hallpass-broker }]
people:
  brokers: [{ account: '111122223333', user: hallpass-broker }]
  connectors:
    - name: corp
      kind: directory
      preset: openldap
      servers: [ldaps://ldap.corp.example]
      bind-name: cn=hallpass,dc=corp,dc=example
      bind-password-file: bind.secret
      people: { base: 'ou=people,dc=corp,dc=example' }
      groups: { base: 'ou=groups,dc=corp,dc=example' }${connector}
  assignments: ${rows}
`,
  )
  return file
}
const row = (group: string, role: string) =>
  `{ connector: corp, group: 'cn=${group},ou=groups,dc=corp,dc=example', roles: ['arn:aws:iam::111122223333:role/${role}'] }`

async function stored(): Promise<string> {
  const data = newPath()
  await (await serving('serve', data)).stop()
  return data
}

test('what a file says of people replaces what was said of them before, and all else stays', async () => {
  const data = await stored()
  const first = folder(`[${row('a', 'A')}, ${row('b', 'B')}]`)
  const applied = await invoke(['apply', first, '--data', data])
  equal(applied.code, 0, applied.err)
  deepEqual(applied.out.split('\n'), [
    'created  account 111122223333',
    'created  user 111122223333/hallpass-broker',
    'created  connector corp',
    'created  broker user 111122223333/hallpass-broker',
    `created  assignment corp 'cn=a,ou=groups,dc=corp,dc=example' (${first}:16:17)`,
    `created  assignment corp 'cn=b,ou=groups,dc=corp,dc=example' (${first}:16:127)`,
  ])
  const again = await invoke(['apply', first, '--data', data])
  equal(again.out, '')
  match(again.err, /nothing to change/)

  const next = folder(`[${row('a', 'Other')}]`)
  const dry = await invoke(['apply', next, '--data', data, '--dry-run'])
  deepEqual(dry.out.split('\n'), [
    `would change  assignment corp 'cn=a,ou=groups,dc=corp,dc=example' (${next}:16:17)`,
    `would remove  assignment corp 'cn=b,ou=groups,dc=corp,dc=example' (${first}:16:127)`,
  ])
  const changed = await invoke(['apply', next, '--data', data, '--json'])
  const { created, removed } = JSON.parse(changed.out) as { created: string[]; removed: string[] }
  deepEqual([created, removed.length], [[], 1], 'the dry run changed nothing')
})

test('a file without a section about people leaves it as it is', async () => {
  const data = await stored()
  await invoke(['apply', folder(`[${row('a', 'A')}]`), '--data', data])
  const other = `${newPath()}.yaml`
  writeFileSync(other, "accounts: [{ id: '444455556666', name: other }]\n")
  equal((await invoke(['apply', other, '--data', data])).out, 'created  account 444455556666')
})

test('to a running server the command sends the files that the section names, and its secrets reach no stream and no file', async () => {
  const { data, stop } = await serving('serve', newPath())
  const file = folder(`[${row('a', 'A')}]`)
  const applied = await invoke(['apply', file, '--data', data])
  equal(applied.code, 0, applied.err)
  const { out, err } = await stop()
  ok(!`${applied.out}${applied.err}${out}${err}`.includes(planted))
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const contents = readFileSync(join(entry.parentPath, entry.name), 'latin1')
    ok(!contents.includes(planted), `${entry.name} holds the password`)
  }
})

test('a mistake applies nothing, of the accounts neither', async () => {
  const data = await stored()
  const broken = await invoke(['apply', folder('[{}]', '\n      bind-password: planted-bind-password'), '--data', data])
  equal(broken.code, 1)
  match(broken.err, /people\.yaml:16:7: people\.connectors\[0\]\.bind-password: no such setting/)
  match(broken.err, /people\.yaml:17:17: people\.assignments\[0\]\.connector: must be given/)
  ok(!broken.err.includes(planted))
  match((await invoke(['apply', folder('[]'), '--data', data])).out, /created {2}account 111122223333/)
})

test('a file that is named and not there is said with its place', async () => {
  const data = await stored()
  const file = folder('[]', '\n      ca-file: gone.pem')
  const { code, err } = await invoke(['apply', file, '--data', data])
  equal(code, 1)
  match(err, /people\.yaml:16:16: .*gone\.pem: there is no such file/)
})

test('in production a directory without TLS is refused on this machine too', async () => {
  const data = await stored()
  const file = folder('[]')
  writeFileSync(file, readFileSync(file, 'utf8').replace('ldaps://ldap.corp.example', 'ldap://127.0.0.1'))
  match((await invoke(['apply', file, '--data', data])).err, /passwords would be sent in the clear/)
})

test('an earlier version is put in force again, with the secrets that it had; one that is not kept is refused', async () => {
  const data = await stored()
  await invoke(['apply', folder(`[${row('a', 'A')}]`), '--data', data])
  await invoke(['apply', folder('[]'), '--data', data])
  const reverted = await invoke(['people', 'revert', '1', '--data', data])
  match(reverted.out, /^created {2}assignment corp 'cn=a,ou=groups,dc=corp,dc=example'/)
  match(reverted.err, /version 3 is in force, as 1 was/)
  const { versions } = JSON.parse((await invoke(['people', 'versions', '--json', '--data', data])).out) as {
    versions: { version: number; inForce: boolean }[]
  }
  deepEqual(
    versions.map(({ version, inForce }) => [version, inForce]),
    [
      [1, false],
      [2, false],
      [3, true],
    ],
  )
  // The secret opens: applying the same file is no change.
  match((await invoke(['people', 'revert', '1', '--data', data])).err, /nothing to change/)
  match((await invoke(['people', 'revert', '9', '--data', data])).err, /version 9 is not kept/)
})
