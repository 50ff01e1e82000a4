// EKS and EKS Auth with boto3 (pods_flow.py, each of its steps is a test here) and the AWS CLI.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from '../clients/folder.ts'
import { testCluster, web } from '../clients/pods-kit.ts'
import { real, run } from './real.ts'

const script = fileURLToPath(new URL('pods_flow.py', import.meta.url))

test('boto3 runs the flow unmodified, and the AWS CLI sees it', async (t) => {
  const { server, environment } = await real(folder())
  const cluster = await testCluster(server, 'main')
  const other = await testCluster(server, 'other', { region: 'eu-west-1' })
  const { code, out, err } = await run('python3', [script], {
    ...{ ...environment(server.root), FLOW_ACCOUNT: server.account, FLOW_CLUSTER: 'main' },
    FLOW_TOKEN: await cluster.token(),
    FLOW_FORGED: await other.token(web, { claims: { iss: cluster.issuer } }),
  })
  const lines = out.split('\n').filter((line) => line !== '')
  for (const line of lines) {
    const { step, error } = JSON.parse(line) as { readonly step: string; readonly error?: string }
    await t.test(step, () => assert.equal(error, undefined, error))
  }
  assert.deepEqual([code, lines.length], [0, 6], err)
  await t.test('the AWS CLI makes an association, and shows it', async () => {
    const aws = async (...words: string[]) => {
      const { code, out, err } = await run('aws', ['eks', ...words, '--cluster-name', 'main'], environment(server.root))
      assert.equal(code, 0, err)
      return JSON.parse(out)
    }
    const role = ['--role-arn', `arn:aws:iam::${server.account}:role/web`]
    const { association } = await aws(
      'create-pod-identity-association',
      '--namespace',
      'shop',
      '--service-account',
      'cli',
      ...role,
    )
    const { associations } = await aws('list-pod-identity-associations', '--namespace', 'shop')
    assert.deepEqual(
      associations.map(({ associationId }: { associationId: string }) => associationId),
      [association.associationId],
    )
  })
  assert.deepEqual(server.reported, [])
})
