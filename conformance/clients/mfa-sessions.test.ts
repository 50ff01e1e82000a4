// Where an MFA code counts: one that comes with AssumeRole, in that one decision; one that comes with GetSessionToken, in
// that session's own requests (IAM User Guide, "Secure API access with MFA").
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { textsOf } from './journals.ts'
import { allow, assume, enableMfa, keysOf, person, role, trusts } from './people.ts'
import { denied, noIdentityPolicy, noUserList, refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:*'))
const phone = await enableMfa(server, root, 'ann')

/** What of an audit entry is read here. */
interface Entry {
  readonly records: readonly {
    readonly userIdentity: {
      readonly arn?: string
      readonly sessionContext?: { readonly attributes: { readonly mfaAuthenticated: string } }
    }
  }[]
}

const present = { 'aws:MultiFactorAuthPresent': 'true' }
const listUsers = (clients: Clients) => clients.iam.send(new ListUsersCommand({}))

/** The next code: each is good once. */
async function code() {
  await server.move(30_000)
  return { SerialNumber: phone.serial, TokenCode: phone.code(server.now()) }
}

/** A session of ann with a code: what it may do to roles is hers. */
async function withCode(): Promise<Clients> {
  const { Credentials } = await server.as(ann.keys).sts.send(new GetSessionTokenCommand(await code()))
  return server.as(keysOf(Credentials))
}

/** Roles that only a code opens, in their trust or in the caller's own policy; each may list users on a condition. */
let count = 0
async function guarded(condition: object, trusted: string | undefined = ann.arn) {
  const name = `Guarded${++count}`
  const arn = await role(root, name, trusts(trusted, 'sts:AssumeRole', { Bool: present }), {
    permissions: allow(['iam:ListUsers', 'sts:AssumeRole'], '*', condition),
  })
  return { arn, session: `arn:aws:sts::${server.account}:assumed-role/${name}/session` }
}

const because = noIdentityPolicy('iam:ListUsers')
const conditions = {
  'Bool true': [{ Bool: present }, false],
  'BoolIfExists true': [{ BoolIfExists: present }, false],
  'Bool false': [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, true],
  'an age': [{ Null: { 'aws:MultiFactorAuthAge': 'false' } }, false],
  'an age that does not count when absent': [{ NumericLessThanIfExists: { 'aws:MultiFactorAuthAge': '0' } }, true],
} as const

for (const [how, enter] of [
  ['a code that came with AssumeRole', async (arn: string) => assume(server, server.as(ann.keys), arn, await code())],
  ['a session of GetSessionToken with a code', async (arn: string) => assume(server, await withCode(), arn)],
] as const) {
  describe(`a role that was entered with ${how}: its session says false, and no age`, () => {
    for (const [condition, [element, allowed]] of Object.entries(conditions)) {
      test(`${condition}: ${allowed ? 'allowed' : 'refused'}`, async () => {
        const { arn, session } = await guarded(element)
        const clients = await enter(arn)
        if (allowed) return void (await listUsers(clients))
        await refused(listUsers(clients), noUserList(session, because))
      })
    }
    test('a further role that asks for a code stays shut to it', async () => {
      const { arn, session } = await guarded({})
      const further = await guarded({}, arn)
      await refused(assume(server, await enter(arn), further.arn), denied(session, 'sts:AssumeRole', further.arn))
    })
    test('its records say mfaAuthenticated false', async () => {
      const { arn, session } = await guarded({})
      await listUsers(await enter(arn))
      const entries = (await textsOf(server.engine.store, 'audit')).map((text) => JSON.parse(text) as Entry)
      const said = entries.flatMap(({ records }) =>
        records.flatMap(({ userIdentity: { arn, sessionContext } }) =>
          arn === session ? [sessionContext?.attributes.mfaAuthenticated] : [],
        ),
      )
      assert.deepEqual(said, ['false'])
    })
  })
}

test('a code counts in the caller’s own policy too, in the decision that it comes with', async () => {
  const eve = await person(root, 'eve', allow('sts:AssumeRole', '*', { Bool: present }))
  const app = await enableMfa(server, root, 'eve')
  const arn = await role(root, 'Delegating', trusts(server.account))
  await refused(assume(server, server.as(eve.keys), arn), denied(eve.arn, 'sts:AssumeRole', arn))
  await assume(server, server.as(eve.keys), arn, {
    SerialNumber: app.serial,
    TokenCode: app.code(server.now()),
  })
})

test('a session of GetSessionToken with a code says so of its own requests', async () => {
  const mia = await person(root, 'mia', allow('iam:ListUsers', '*', { Bool: present }))
  const app = await enableMfa(server, root, 'mia')
  const { Credentials } = await server
    .as(mia.keys)
    .sts.send(new GetSessionTokenCommand({ SerialNumber: app.serial, TokenCode: app.code(server.now()) }))
  await listUsers(server.as(keysOf(Credentials)))
  await refused(listUsers(server.as(mia.keys)), noUserList(mia.arn, because))
})
