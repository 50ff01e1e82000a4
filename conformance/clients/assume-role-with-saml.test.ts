// AssumeRoleWithSAML by AWS's own client, with a provider that makes any response: what it gives, how long, and what stays.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { keysOf, manager, role } from './people.ts'
import { assumeWithSaml, pairOf, registerSaml, responding, stating, trustingSaml } from './saml-servers.ts'
import { testServer } from './server.ts'

const publicUrl = 'https://hallpass.example'
const server = await testServer({ settings: { 'public-url': publicUrl } })
const admin = await manager(server)
const idp = samlProvider()
const respond = responding(server, idp)
const company = await registerSaml(admin, 'Company', idp.metadata())
const reader = await role(admin, 'Reader', trustingSaml(company.arn))

describe('a response is traded for a session', () => {
  test('with everything that AWS answers', async () => {
    const answer = await assumeWithSaml(
      server,
      reader,
      company.arn,
      respond({ attributes: stating([pairOf(reader, company.arn)]) }),
    )
    assert.equal(answer.Subject, 'jane@example.com')
    const me = await server.as(keysOf(answer.Credentials)).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(me.Arn, `arn:aws:sts::${server.account}:assumed-role/Reader/jane`)
    assert.deepEqual(
      [answer.SubjectType, answer.Issuer, answer.Audience, answer.AssumedRoleUser?.Arn, answer.PackedPolicySize],
      ['persistent', idp.entityId, 'https://signin.aws.amazon.com/saml', me.Arn, undefined],
    )
  })
})
