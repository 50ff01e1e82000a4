// Development mode's SAML provider over the whole of `hallpass dev`: what is registered in the demonstration's accounts, and what
// is left alone at later starts.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  DeleteAccountAliasCommand,
  GetRoleCommand,
  GetSAMLProviderCommand,
  IAMClient,
  ListAccountAliasesCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateSAMLProviderCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { newPath, serving } from '../../src/cli/testing/world.ts'
import { awsFiles, credentialsOf } from '../../src/client/aws-files.ts'
import { readMetadata } from '../../src/federation/saml/metadata.ts'
import { verifyResponse } from '../../src/federation/saml/response.ts'
import { metadataOf, rsaCertificate } from '../../src/federation/saml/testing/metadata.ts'
import { browser, formOf } from '../../src/server/pages/testing/browser.ts'
import { freePort } from './free-port.ts'
import { keysOf } from './people.ts'

const [engineering, production] = ['111122223333', '444455556666']
const providerOf = (account: string) => `arn:aws:iam::${account}:saml-provider/example-corp`
const opened: { destroy(): void }[] = []
after(() => {
  for (const client of opened) client.destroy()
})

const dev = (folder: string, at: number) => serving('dev', folder, {}, ['--listen', `127.0.0.1:${at}`])

function keysIn(folder: string, profile: string) {
  const { accessKeyId = '', secret } = credentialsOf(awsFiles(folder).credentials, profile) ?? {}
  return { accessKeyId, secretAccessKey: secret?.reveal() ?? '' }
}

function iamAs(url: string, credentials: ReturnType<typeof keysIn> | ReturnType<typeof keysOf>) {
  const client = new IAMClient({ endpoint: url, region: 'us-east-1', maxAttempts: 1, credentials })
  opened.push(client)
  return client
}

const root = (folder: string, url: string) => iamAs(url, keysIn(folder, 'root'))

/** A reader of account production. */
async function auditor(folder: string, url: string) {
  const sts = new STSClient({ endpoint: url, region: 'us-east-1', credentials: keysIn(folder, 'alice') })
  opened.push(sts)
  const RoleArn = `arn:aws:iam::${production}:role/auditor`
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'alice', SourceIdentity: 'alice' }),
  )
  return iamAs(url, keysOf(Credentials))
}

/** The response that the provider's page would send for a person. */
async function responseFor(base: string, person: string) {
  const user = browser()
  const page = await user.submit(await user.open(`${base}/idp/saml`), { person })
  const { action, hidden } = formOf(page)
  return { action, response: hidden.SAMLResponse ?? '' }
}

/** Trades a response for a session of a role, unsigned. */
async function trade(url: string, account: string, role: string, SAMLAssertion: string) {
  const sts = new STSClient({ endpoint: url, region: 'us-east-1', maxAttempts: 1 })
  opened.push(sts)
  const RoleArn = `arn:aws:iam::${account}:role/${role}`
  return sts.send(new AssumeRoleWithSAMLCommand({ RoleArn, PrincipalArn: providerOf(account), SAMLAssertion }))
}

const recordOf = async (iam: IAMClient, account: string) =>
  iam.send(new GetSAMLProviderCommand({ SAMLProviderArn: providerOf(account) }))

/** Whether a response is good for the provider as IAM has it. */
async function isGood(iam: IAMClient, account: string, base: string): Promise<boolean> {
  const { SAMLMetadataDocument = '' } = await recordOf(iam, account)
  const read = readMetadata(SAMLMetadataDocument)
  const { action, response } = await responseFor(base, 'alice')
  const expected = {
    provider: 'provider' in read ? read.provider : assert.fail(read.detail),
    ...{ decryptionKeys: [], encryption: 'none' as const, recipients: [action], audiences: ['urn:amazon:webservices'] },
    skewSeconds: 0,
  }
  return 'assertion' in verifyResponse(response, expected, new Date())
}

const trustOf = async (iam: IAMClient, RoleName: string) => {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
  return JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as { Statement: object[] }
}

describe('at its first start', async () => {
  const folder = newPath()
  const port = await freePort()
  const base = `http://localhost:${port}`
  const { url, stop } = await dev(folder, port)
  after(() => stop())

  test('both accounts have the provider, and names that people see', async () => {
    const accounts = [
      [engineering, root(folder, url), 'example-engineering'],
      [production, await auditor(folder, url), 'example-production'],
    ] as const
    for (const [account, iam, alias] of accounts) {
      const { AccountAliases } = await iam.send(new ListAccountAliasesCommand({}))
      assert.deepEqual(AccountAliases, [alias])
      assert(await isGood(iam, account, base), account)
    }
  })

  test('the roles trust it for this server alone, and production’s for one team', async () => {
    const rows = [
      ...['developer', 'billing-reader', 'administrator'].map(
        (role) => [role, root(folder, url), engineering] as const,
      ),
      ['operator', await auditor(folder, url), production] as const,
    ]
    for (const [role, iam, account] of rows) {
      const { SAMLProviderUUID } = await recordOf(iam, account)
      const { Statement } = await trustOf(iam, role)
      const more = role === 'operator' ? { 'aws:RequestTag/team': 'platform' } : {}
      assert.deepEqual(Statement, [
        {
          Effect: 'Allow',
          Principal: { Federated: providerOf(account) },
          Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
          Condition: {
            StringEquals: { 'SAML:aud': [`${base}/saml`, `${base}/saml/acs/${SAMLProviderUUID}`], ...more },
          },
        },
      ])
    }
  })
})

describe('a response', async () => {
  const folder = newPath()
  const port = await freePort()
  const base = `http://localhost:${port}`
  const { url, stop } = await dev(folder, port)
  after(() => stop())

  test('buys each of the four roles that it names, in both accounts', async () => {
    const { response } = await responseFor(base, 'carol')
    for (const [account, role] of [
      ...['developer', 'billing-reader', 'administrator'].map((name) => [engineering, name] as const),
      [production, 'operator'] as const,
    ]) {
      const { Credentials, AssumedRoleUser, ...rest } = await trade(url, account, role, response)
      const arn = `arn:aws:sts::${account}:assumed-role/${role}/carol@example.com`
      assert.equal(AssumedRoleUser?.Arn, arn)
      const { Subject, SubjectType, Issuer, Audience, SourceIdentity } = rest
      assert.deepEqual(
        [Subject, SubjectType, Issuer, Audience, SourceIdentity],
        ['carol', 'persistent', `${base}/idp/saml`, `${base}/saml`, 'carol'],
      )
      const sts = new STSClient({ endpoint: url, region: 'us-east-1', credentials: keysOf(Credentials) })
      opened.push(sts)
      assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, arn)
    }
  })

  test('leads its person to the role chooser, and with one of the roles into the console', async () => {
    const user = browser()
    const page = await user.submit(await user.open(`${base}/idp/saml`), { person: 'carol' })
    const chooser = await user.submit(page, {})
    const roles = [...chooser.text.matchAll(/<label for="([^"]+)"/g)].map(([, arn = '']) => arn)
    assert.equal(roles.length, 4)
    const end = await user.submit(chooser, { roleIndex: `arn:aws:iam::${production}:role/operator` })
    assert.equal(end.url, `${base}/console`)
    assert.match(end.text, /assumed-role\/operator\/carol@example\.com/)
  })

  test('leads somebody with one role straight into the console', async () => {
    const user = browser()
    const end = await user.submit(await user.submit(await user.open(`${base}/idp/saml`), { person: 'alice' }), {})
    assert.equal(end.url, `${base}/console`)
    assert.match(end.text, /assumed-role\/developer\/alice@example\.com/)
  })

  test('buys no role that it does not name', async () => {
    const { response } = await responseFor(base, 'alice')
    await trade(url, engineering, 'developer', response)
    await assert.rejects(trade(url, engineering, 'administrator', response), { name: 'AccessDenied' })
    await assert.rejects(trade(url, production, 'operator', response), { name: 'AccessDenied' })
  })

  test('of a start before is no longer good', async () => {
    const [own, at] = [newPath(), await freePort()]
    const one = await dev(own, at)
    const { response } = await responseFor(`http://localhost:${at}`, 'alice')
    await trade(one.url, engineering, 'developer', response)
    await one.stop()
    const again = await dev(own, at)
    await assert.rejects(trade(again.url, engineering, 'developer', response), {
      name: 'InvalidIdentityTokenException',
      message: 'Response signature invalid',
    })
    const { response: fresh } = await responseFor(`http://localhost:${at}`, 'alice')
    await trade(again.url, engineering, 'developer', fresh)
    await again.stop()
  })
})

describe('at a later start', () => {
  const nobody = { Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${engineering}:root` }, Action: 'sts:AssumeRole' }

  test('the provider has the key of that start, and what was changed stays so; on another port it is trusted anew', async () => {
    const folder = newPath()
    const [first, second] = [await freePort(), await freePort()]
    const one = await dev(folder, first)
    const before = await recordOf(root(folder, one.url), engineering)
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [nobody] })
    await root(folder, one.url).send(new UpdateAssumeRolePolicyCommand({ RoleName: 'developer', PolicyDocument }))
    await root(folder, one.url).send(new DeleteAccountAliasCommand({ AccountAlias: 'example-engineering' }))
    await one.stop()

    const again = await dev(folder, first)
    const iam = root(folder, again.url)
    const after = await recordOf(iam, engineering)
    assert.equal(after.SAMLProviderUUID, before.SAMLProviderUUID)
    assert.notEqual(after.SAMLMetadataDocument, before.SAMLMetadataDocument)
    assert(await isGood(iam, engineering, `http://localhost:${first}`))
    assert.deepEqual((await trustOf(iam, 'developer')).Statement, [nobody])
    assert.deepEqual((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases, [])
    await again.stop()

    const moved = await dev(folder, second)
    const there = root(folder, moved.url)
    assert(await isGood(there, engineering, `http://localhost:${second}`))
    assert.match(JSON.stringify(await trustOf(there, 'developer')), new RegExp(`"http://localhost:${second}/saml"`))
    await moved.stop()
  })

  test('a provider of that name which is another company’s stays as it is', async () => {
    const folder = newPath()
    const port = await freePort()
    const one = await dev(folder, port)
    const SAMLMetadataDocument = metadataOf([rsaCertificate()])
    const SAMLProviderArn = providerOf(engineering)
    await root(folder, one.url).send(new UpdateSAMLProviderCommand({ SAMLProviderArn, SAMLMetadataDocument }))
    await one.stop()
    const again = await dev(folder, port)
    assert.equal((await recordOf(root(folder, again.url), engineering)).SAMLMetadataDocument, SAMLMetadataDocument)
    await again.stop()
  })
})
