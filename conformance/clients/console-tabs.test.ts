// A page of the console in one tab, and a session that is another by the time its form is sent: switched or returned in a second tab.
import { doesNotMatch, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DeleteRoleCommand, DeleteRolePolicyCommand, GetRolePolicyCommand } from '@aws-sdk/client-iam'
import { assuming, company, plain, type Visitor, wellMade } from './console-world.ts'
import { allow, role, trusts } from './people.ts'

const { admin, administrator, visitor, lastEvent } = await company()
await role(admin, 'Target', trusts(administrator, assuming))

let made = 0

interface Tab {
  readonly mine: Visitor
  /** The role that the session is switched to. */
  readonly name: string
}
const switchTo = async ({ mine, name }: Tab) =>
  equal((await mine.browser.submit(await mine.at('/switch'), { roleName: name }, '/switch')).status, 200)
const switchBack = async ({ mine }: Tab) =>
  equal((await mine.browser.submit(await mine.at(''), {}, '/switch/back')).status, 200)
async function endRole({ name }: Tab) {
  await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: 'own' }))
  await admin.iam.send(new DeleteRoleCommand({ RoleName: name }))
}

const revoked = () =>
  admin.iam.send(new GetRolePolicyCommand({ RoleName: 'Target', PolicyName: 'AWSRevokeOlderSessions' })).then(
    () => true,
    () => false,
  )

/** What happens between a page and its form, and whether the page was of the role that was switched to. */
const changes = [
  ['a switch', false, switchTo],
  ['a switch back', true, switchBack],
  ['the end of the role’s session', true, endRole],
] as const

for (const [what, isSwitched, change] of changes) {
  describe(`after ${what} in another tab`, () => {
    async function tab(): Promise<Tab> {
      const name = `Other${++made}`
      await role(admin, name, trusts(administrator, assuming), { permissions: allow('iam:*') })
      const mine = { mine: await visitor(), name }
      if (isSwitched) await switchTo(mine)
      return mine
    }

    for (const [place, path, fields] of [
      ['/role?name=Target', '/role/revoke', { sure: 'yes' }],
      ['/credentials', '/credentials', { for: 'bash' }],
    ] as const) {
      test(`the form ${path} of a page from before does nothing as another role, and says so`, async () => {
        const one = await tab()
        const page = await one.mine.at(place)
        await change(one)
        const shown = await one.mine.browser.send(page, fields, path)
        equal(shown.status, 409)
        wellMade(shown)
        match(plain(shown), /Your session was changed in another window/)
        doesNotMatch(shown.text, /AWS_SECRET/)
        equal(await revoked(), false)
        equal(await lastEvent('ShowCredentials'), '')
      })
    }

    test('a page from before still signs out', async () => {
      const one = await tab()
      const page = await one.mine.at('')
      await change(one)
      equal((await one.mine.browser.submit(page, {}, '/sign-out')).status, 401)
      equal((await one.mine.at('')).status, 401)
    })
  })
}
