// Switches of roles in the console: AWS's rules of role chaining, across accounts, and back.
import { doesNotMatch, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateAccountAliasCommand, DeleteRoleCommand } from '@aws-sdk/client-iam'
import { assuming, company, plain, wellMade } from './console-world.ts'
import { allow, member, role, trusts } from './people.ts'

const { server, admin, ann, administrator, visitor, lastEvent } = await company()
await admin.iam.send(new CreateAccountAliasCommand({ AccountAlias: 'head-office' }))
const reader = await role(admin, 'Reader', trusts([ann.arn, administrator], assuming), {
  permissions: allow('iam:ListUsers'),
})
await role(admin, 'Closed', trusts(`arn:aws:iam::${server.account}:user/manager`))

const branch = await member(server, admin, 'Branch')
const local = await role(branch.admin, 'Local', trusts(administrator, assuming), { permissions: allow('iam:GetRole') })

describe('a switch of roles', () => {
  async function switched(fields: Record<string, string>, more = {}) {
    const mine = await visitor(administrator, more)
    return { ...mine, shown: await mine.browser.submit(await mine.at('/switch'), fields, '/switch') }
  }

  test('goes on as the role, for an hour at most, with what passes on, and back', async () => {
    const tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'desk', Value: '7' },
    ]
    const { browser, shown } = await switched(
      { roleName: 'Reader' },
      { SourceIdentity: 'ann', Tags: tags, TransitiveTagKeys: ['desk'] },
    )
    equal(shown.status, 200)
    const words = plain(shown)
    match(words, /ann as Reader in head-office/)
    match(words, /Source identity ann /)
    match(words, /desk 7/)
    doesNotMatch(words, /team a/)
    match(words, /Switched from Administrator in head-office/)
    match(shown.text, /<time datetime="2026-09-01T13:00:0/)
    match(await lastEvent('SwitchRole'), /"SwitchTo":"arn:aws:iam::111122223333:role\/Reader"/)
    const back = await browser.submit(shown, {}, '/switch/back')
    match(plain(back), /ann as Administrator in head-office/)
    match(await lastEvent('ExitRole'), /Reader/)
  })

  test('leads into another account by its id and by the ARN, with the account’s name', async () => {
    for (const fields of [{ account: branch.id, roleName: 'Local' }, { roleName: local }, { arn: local }]) {
      const { shown } = await switched(fields)
      match(plain(shown), new RegExp(`ann as Local in Branch ${branch.id}`))
    }
  })

  test('after one is asked for by whoever the session began as, and remembers the roles', async () => {
    const { browser, at } = await switched({ roleName: 'Reader' })
    const shown = await browser.submit(await at('/switch'), { account: branch.id, roleName: 'Local' }, '/switch')
    match(plain(shown), /ann as Local in Branch/)
    const choice = plain(await at('/switch'))
    match(choice, /Branch \d{12} Local now/)
    match(choice, /head-office 111122223333 Reader/)
  })

  test('that is refused says AWS’s sentence and the request id, and changes nothing', async () => {
    const { browser, at } = await visitor()
    for (const roleName of ['Closed', 'Missing']) {
      const shown = await browser.send(await at('/switch'), { roleName }, '/switch')
      equal(shown.status, 403)
      wellMade(shown)
      match(
        plain(shown),
        new RegExp(
          `is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/${roleName} `,
        ),
      )
      match(plain(shown), /this server: [0-9a-f-]{36}/)
      match(shown.text, new RegExp(`value="${roleName}"`))
    }
    match(plain(await at('')), /as Administrator in/)
  })

  for (const fields of [
    { roleName: '' },
    { roleName: 'a b' },
    { account: '12', roleName: 'Reader' },
    { roleName: 'arn:aws:iam::111122223333:user/ann' },
    { roleName: 'arn:aws:s3:::bucket' },
  ]) {
    test(`to ${JSON.stringify(fields)} is asked of nobody`, async () => {
      const { browser, at } = await visitor()
      equal((await browser.send(await at('/switch'), fields, '/switch')).status, 400)
    })
  }

  test('is offered where the role lets one in, by AssumeRole’s own decision', async () => {
    const { at } = await visitor()
    const { text } = await at('/switch')
    match(
      text,
      /<button class="small" name="arn" value="arn:aws:iam::111122223333:role\/Reader" aria-label="Switch to Reader">/,
    )
    doesNotMatch(text, /Switch to Closed/)
    match(plain({ text }), /Closed Not allowed/)
  })

  test('to a role that then ends goes on as before, and says so once', async () => {
    const passing = await role(admin, 'Passing', trusts(administrator, assuming))
    const { at } = await switched({ arn: passing })
    await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Passing' }))
    match(
      plain(await at('/credentials')),
      /The session of the role that you switched to has ended\. You are Administrator again\./,
    )
    doesNotMatch(plain(await at('')), /switched to has ended/)
  })

  test('to its own is open to who may list no roles, by its name', async () => {
    const { at } = await visitor(reader)
    const shown = await at('/switch')
    match(plain(shown), /The roles of this account cannot be listed .* is not authorized to perform: iam:ListRoles/)
  })

  test('shows the account of the role', async () => {
    const { browser, at } = await visitor()
    await browser.submit(await at('/switch'), { arn: local }, '/switch')
    match(plain(await at('/role?name=Local')), new RegExp(`arn:aws:iam::${branch.id}:role/Local`))
    equal((await at('/role?name=Reader')).status, 404)
  })
})
