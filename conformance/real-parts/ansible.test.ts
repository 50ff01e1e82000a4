// Ansible's modules for IAM and STS, unmodified: a playbook makes users, policies and roles, and finds them as it left them.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from '../clients/folder.ts'
import { allow, person } from '../clients/people.ts'
import { describeWith } from './part.ts'
import { environmentOf, runProgram } from './real.ts'
import { account, serve } from './served.ts'

const playbook = fileURLToPath(new URL('ansible/playbook.yaml', import.meta.url))
const home = folder()
const found = join(home, 'found.json')

describeWith('ANSIBLE', 'a playbook of Ansible', async (programs) => {
  const server = await serve()
  const admin = await person(server.as(server.root), 'ann', allow('*'))
  mkdirSync(join(home, '.aws'))
  const env = {
    ...environmentOf(server.url, home, admin.keys),
    PATH: `${programs}:${process.env.PATH ?? ''}`,
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'false',
    ACCOUNT: account,
    FOUND: found,
  }

  async function play() {
    const { code, out, err } = await runProgram(join(programs, 'ansible-playbook'), [playbook], env)
    assert.equal(code, 0, out + err)
    return Number(/changed=(\d+)/.exec(out)?.[1])
  }

  test('makes what it names', async () => {
    assert.equal(await play(), 5)
    const { caller, session, profiles } = JSON.parse(readFileSync(found, 'utf8'))
    assert.equal(caller, `arn:aws:iam::${account}:user/ann`)
    assert.equal(session, `arn:aws:sts::${account}:assumed-role/reader/playbook`)
    assert.deepEqual(
      profiles.map((one: { arn: string; roles: { role_name: string }[] }) => [one.arn, one.roles[0]?.role_name]),
      [[`arn:aws:iam::${account}:instance-profile/machine`, 'machine']],
    )
  })

  test('changes nothing when it runs again', async () => assert.equal(await play(), 0))
})
