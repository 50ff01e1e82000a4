// What the broker's API gives to a person: credentials, with a second factor where the row asks for one, and consoles.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start as NOW } from '../../service/session/testing/world.ts'
import {
  account,
  entitlement,
  everything,
  login,
  publicUrl,
  rightCode,
  roleArn,
  seen,
  served,
  wrongCode,
} from './testing/api-kit.ts'

describe('credentials', () => {
  test('of GetFederationToken, for a directory’s login, in a sign-in as long as they are', async () => {
    const { send, asked, live } = await served()
    const { status, answer } = await send('credentials', login)
    assert.equal(status, 200)
    assert.deepEqual(answer, {
      Credentials: {
        ...{ AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'SECRET', SessionToken: 'TOKEN' },
        Expiration: '2026-03-01T13:00:00Z',
      },
      FederatedUser: {
        FederatedUserId: `${account}:ann-abc`,
        Arn: `arn:aws:sts::${account}:federated-user/ann-abc`,
      },
      ...{ requestId: 'BROKER-REQUEST', apiUrl: 'https://api.example.com', region: 'us-east-1' },
    })
    const [signIn] = await live()
    assert.deepEqual(asked, [{ signIn: signIn?.id, of: account, seconds: 3600 }])
    assert.deepEqual([signIn?.client, signIn?.endsAt], ['api', new Date(NOW.getTime() + 3_600_000)])
  })

  test('of a role, whatever case its name is written in', async () => {
    const { send, asked } = await served()
    const { answer } = await send('credentials', { ...login, role: roleArn('READER'), durationSeconds: 900 })
    assert.equal(answer.AssumedRoleUser.Arn, `arn:aws:sts::${account}:assumed-role/Reader/ann`)
    assert.match(answer.SourceIdentity, /^ann-[a-z2-7]{10}$/)
    assert.deepEqual((asked[0] as { arn: string; seconds: number }).arn, roleArn('Reader'))
    assert.equal((asked[0] as { seconds: number }).seconds, 900)
  })

  test('of a role elsewhere say where they are for', async () => {
    const { send } = await served()
    const { answer } = await send('credentials', { ...login, role: roleArn('teams/Far') })
    assert.deepEqual([answer.apiUrl, answer.region], ['https://sts.example.org', 'eu-west-1'])
  })

  test('of everything, the table is read once after the person was proven', async () => {
    const { send, tables } = await served()
    const far = { role: roleArn('teams/Far') }
    for (const [path, wish] of [
      ['credentials', {}],
      ['credentials', far],
      ['roles', {}],
      ['console', far],
    ] as const) {
      tables.count = 0
      assert.equal((await send(path, { ...login, ...wish })).status, 200)
      assert.equal(tables.count, 1, path)
    }
  })

  test('for an ID token, once', async () => {
    const { send, refused } = await served()
    const token = { connector: 'idp', idToken: 'good.token' }
    assert.equal((await send('roles', token)).status, 200)
    assert.equal((await send('credentials', token)).status, 200)
    assert.deepEqual(seen(await send('credentials', token)), [401, 'UnauthorizedException'])
    assert.match(refused.join(), /counts once/)
  })

  test('for a SAML response, with the factor that its provider is believed for', async () => {
    const { send } = await served()
    const response = { connector: 'saml', samlResponse: 'GOOD', role: roleArn('Admin') }
    assert.equal((await send('credentials', response)).status, 200)
  })

  test('for the command line’s sign-in, in that sign-in', async () => {
    const { send, bearer, asked, live } = await served()
    const { signIn, authorization } = await bearer()
    assert.equal((await send('credentials', '', { authorization })).status, 200)
    assert.deepEqual((asked[0] as { signIn: string }).signIn, signIn.id)
    assert.equal((await live()).length, 1)
  })

  test('are not given for a role that is not among the person’s', async () => {
    const { send, asked, live } = await served()
    for (const other of [roleArn('Other'), 'arn:aws:iam::111122223333:role/Reader', roleArn('x/Reader')]) {
      const { status, answer } = await send('credentials', { ...login, role: other })
      assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
      assert.equal(answer.message, `User: corp/ann is not authorized to perform: sts:AssumeRole on resource: ${other}`)
    }
    assert.deepEqual([asked.length, (await live()).length], [0, 0])
  })

  test('are not given for the entitlements of another account', async () => {
    const { send, asked } = await served()
    const wish = { ...login, federationToken: { account: '111122223333' } }
    assert.deepEqual(seen(await send('credentials', wish)), [403, 'AccessDenied'])
    assert.equal(asked.length, 0)
  })

  test('of which of several accounts must be said', async () => {
    const two = { ...everything, entitlements: [entitlement(), entitlement({ account: '111122223333' })] }
    const { send } = await served({ allowed: two })
    const { status, answer } = await send('credentials', login)
    assert.deepEqual([status, answer.code], [400, 'ValidationError'])
    assert.match(answer.message, /one of 000123456789, 111122223333/)
    assert.equal((await send('credentials', { ...login, federationToken: { account } })).status, 200)
  })

  test('are no longer than the table says', async () => {
    const { send } = await served()
    for (const wish of [
      { role: roleArn('Reader'), durationSeconds: 3601 },
      { federationToken: { durationSeconds: 3601 } },
    ]) {
      assert.deepEqual(seen(await send('credentials', { ...login, ...wish })), [400, 'ValidationError'])
    }
  })

  test('that the broker was refused are refused with its words and its request, and the sign-in ends', async () => {
    const no = {
      refused: { code: 'AccessDenied', status: 403, message: 'User: … is not authorized' },
      requestId: 'ITS',
    }
    const { send, live } = await served({ given: no })
    const { status, answer } = await send('credentials', login)
    assert.deepEqual(
      [status, answer],
      [403, { code: 'AccessDenied', message: 'User: … is not authorized', requestId: 'ITS' }],
    )
    assert.equal((await live()).length, 0)
  })
})

describe('a second factor', () => {
  const admin = { role: roleArn('Admin') }

  test('is asked for by a role whose row asks for it', async () => {
    const { send } = await served()
    const { status, answer } = await send('credentials', { ...login, ...admin })
    assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
    assert.match(answer.message, /second factor: send its code/)
  })

  test('that is right gives the role, and is the sign-in’s', async () => {
    const { send, live } = await served()
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 200)
    assert.deepEqual(
      (await live()).map(({ multiFactorAt }) => multiFactorAt),
      [NOW],
    )
  })

  test('that is wrong is refused as a wrong password is', async () => {
    const { send, asked, live, waits } = await served()
    const byCode = await send('credentials', { ...login, ...admin, code: wrongCode })
    const byPassword = await send('credentials', { ...login, ...admin, password: 'wrong', code: rightCode })
    assert.deepEqual(byCode, byPassword)
    assert.deepEqual(waits, [1000, 1000])
    assert.deepEqual([asked.length, (await live()).length], [0, 0])
  })

  test('counts once', async () => {
    const { send } = await served()
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 200)
    assert.equal((await send('credentials', { ...login, ...admin, code: rightCode })).status, 401)
  })

  test('cannot be carried by GetFederationToken, and the answer offers AssumeRole', async () => {
    const { send } = await served({ allowed: { ...everything, entitlements: [entitlement({ multiFactor: true })] } })
    const { status, answer } = await send('credentials', { ...login, code: rightCode })
    assert.deepEqual([status, answer.code], [403, 'AccessDenied'])
    assert.match(answer.message, /GetFederationToken cannot carry a second factor.*AssumeRole/)
  })

  test('of a command line is the one of its sign-in', async () => {
    const { send, bearer } = await served()
    const without = await bearer()
    assert.deepEqual(seen(await send('credentials', admin, { authorization: without.authorization })), [
      403,
      'AccessDenied',
    ])
    const { authorization } = await bearer({ multiFactorAt: NOW })
    assert.equal((await send('credentials', admin, { authorization })).status, 200)
  })
})

describe('a console', () => {
  const reader = { role: roleArn('Reader') }

  test('of a role here opens by a link of the federation endpoint', async () => {
    const { send } = await served()
    const { answer } = await send('console', { ...login, ...reader, destination: '/sts/console/roles' })
    const url = new URL(answer.url)
    assert.equal(url.origin + url.pathname, `${publicUrl}/federation`)
    assert.deepEqual(
      [...url.searchParams],
      [
        ['Action', 'login'],
        ['SigninToken', 'SIGNIN-TOKEN'],
        ['Destination', `${publicUrl}/console/roles`],
      ],
    )
  })

  test('of a role elsewhere opens there', async () => {
    const { send } = await served()
    const { answer } = await send('console', {
      ...login,
      role: roleArn('teams/Far'),
      destination: 'https://x.example/',
    })
    assert.equal(answer.url, 'https://aws.example/?to=https://x.example/')
  })

  test('leads to no other place, and then nothing is given', async () => {
    const { send, asked } = await served()
    for (const destination of ['https://evil.example/', '//evil.example', '/sts/other', 'javascript:1']) {
      const refused = await send('console', { ...login, ...reader, destination })
      assert.deepEqual(seen(refused), [400, 'ValidationError'], destination)
    }
    assert.equal(asked.length, 0)
  })

  test('of a role that is not among the person’s is refused', async () => {
    const { send } = await served()
    assert.deepEqual(seen(await send('console', { ...login, role: roleArn('Other') })), [403, 'AccessDenied'])
  })
})
