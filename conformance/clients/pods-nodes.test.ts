// Two servers on one store: what one of them gave a pod ends on the other as well, once its feed tells of the association's end.
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { DeletePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { role } from './people.ts'
import { associate, podCredentials, podsTrust, testCluster } from './pods-kit.ts'
import { invalidToken, refused } from './refused.ts'
import { secondNode, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const one = await testServer({ file: 'shared.sqlite', node: 'one', clock })
const two = await secondNode(one, { clock })
const root = one.as(one.root)
const main = await testCluster(one, 'main')
const id = await associate(root, 'main', await role(root, 'web', podsTrust()))
await two.move(1_000)

test('a pod’s credentials are good on both, and end on both', async () => {
  const { keys, assumedRoleUser } = await podCredentials(two, one.root, 'main', await main.token())
  for (const server of [one, two]) {
    equal((await server.as(keys).sts.send(new GetCallerIdentityCommand({}))).Arn, assumedRoleUser.arn)
  }
  await root.eks.send(new DeletePodIdentityAssociationCommand({ clusterName: 'main', associationId: id }))
  await refused(one.as(keys).sts.send(new GetCallerIdentityCommand({})), invalidToken)
  await two.move(1_000)
  await refused(two.as(keys).sts.send(new GetCallerIdentityCommand({})), invalidToken)
})
