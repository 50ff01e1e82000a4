// Two servers on one store: what vouches for a certificate's sessions ends them on the other server once its feed is read.
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { certificateWorld, credentialsIn, idIn } from './certificates-kit.ts'
import { heardBy } from './feed.ts'
import { invalidToken, refused } from './refused.ts'
import { type Keys, secondNode } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const { server, root, session, done, anchorArn, profileArn } = await certificateWorld({
  ...{ file: 'shared.sqlite', clock, node: 'one' },
})
const two = await secondNode(server, { clock })

const whoIs = (keys: Keys) => two.as(keys).sts.send(new GetCallerIdentityCommand({}))
const begin = async (serial: bigint) =>
  credentialsIn(await session({ by: root.issue({ subject: ['CN=web'], serial }) })).keys

test('an imported list ends the sessions of what it revokes', async () => {
  const [bad, good] = [await begin(0x66n), await begin(0x65n)]
  equal((await whoIs(bad)).Account, server.account)
  const told = heardBy(two, 'revocation_list')
  const crlData = Buffer.from(root.revoke([0x66n]).pem).toString('base64')
  await done('POST', '/crls', { name: 'list', enabled: true, crlData, trustAnchorArn: anchorArn })
  await told
  await refused(whoIs(bad), invalidToken)
  equal((await whoIs(good)).Account, server.account)
})

for (const [what, collection, path] of [
  ['profile', 'certificate_profile', `/profile/${idIn(profileArn)}`],
  ['trust anchor', 'trust_anchor', `/trustanchor/${idIn(anchorArn)}`],
] as const) {
  test(`a disabled ${what} ends them`, async () => {
    const keys = await begin(0x64n)
    equal((await whoIs(keys)).Account, server.account)
    const told = heardBy(two, collection)
    await done('POST', `${path}/disable`)
    await told
    await refused(whoIs(keys), invalidToken)
    const again = heardBy(two, collection)
    await done('POST', `${path}/enable`)
    await again
    equal((await whoIs(keys)).Account, server.account)
  })
}
