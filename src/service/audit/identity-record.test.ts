// `userIdentity` against CloudTrail's: a row for each kind of identity.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Identity, Pass } from '../../core/identity.ts'
import { createIdentityTexts, userIdentity } from './identity-record.ts'
import { alice, callOf, here, passOf, roleSubject, rootSubject, userSubject } from './testing/calls.ts'

const session = (own: Partial<Pass>): Identity => ({ kind: 'session', pass: passOf(own) })
const attributes = { creationDate: '2023-07-18T14:53:20Z', mfaAuthenticated: 'false' }
const issuer = {
  type: 'Role',
  principalId: 'AROAAAAAAAAAAAAAAAAAA',
  arn: `arn:aws:iam::${here}:role/team/Dev`,
  accountId: here,
  userName: 'Dev',
}
const assumedRole = {
  type: 'AssumedRole',
  principalId: 'AROAAAAAAAAAAAAAAAAAA:alice',
  arn: `arn:aws:sts::${here}:assumed-role/Dev/alice`,
  accountId: here,
  accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
}
const iamUser = {
  type: 'IAMUser',
  principalId: 'AIDAAAAAAAAAAAAAAAAAA',
  arn: `arn:aws:iam::${here}:user/eng/Alice`,
  accountId: here,
  userName: 'Alice',
}
const root = { type: 'Root', principalId: here, arn: `arn:aws:iam::${here}:root`, accountId: here }
const github = 'token.actions.githubusercontent.com'
const githubArn = `arn:aws:iam::${here}:oidc-provider/${github}`

interface Row {
  readonly title: string
  readonly identity: Identity
  readonly subject?: ReturnType<typeof roleSubject>
  readonly is: object
}

const rows: readonly Row[] = [
  {
    title: 'root with its key',
    identity: { kind: 'root', account: here, principal: here, accessKeyId: 'AKIARRRRRRRRRRRRRRRR' },
    subject: rootSubject(),
    is: { ...root, accessKeyId: 'AKIARRRRRRRRRRRRRRRR' },
  },
  {
    title: 'a user with its key',
    identity: alice,
    subject: userSubject(),
    is: { ...iamUser, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' },
  },
  {
    title: 'a user with temporary credentials is still that user',
    identity: session({ kind: 'user', principal: 'AIDAAAAAAAAAAAAAAAAAA', mfaAt: 1_689_691_990 }),
    subject: userSubject(),
    is: {
      ...iamUser,
      accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
      sessionContext: { attributes: { ...attributes, mfaAuthenticated: 'true' } },
    },
  },
  {
    title: 'root with temporary credentials is still root',
    identity: session({ kind: 'user', principal: here }),
    subject: rootSubject(),
    is: { ...root, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', sessionContext: { attributes } },
  },
  {
    title: 'a root task says so',
    identity: session({ kind: 'root-task', principal: here }),
    subject: rootSubject(),
    is: { ...root, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', sessionContext: { attributes, assumedRoot: 'true' } },
  },
  {
    title: 'a role session names its role as issuer, with its path',
    identity: session({}),
    subject: roleSubject(),
    is: { ...assumedRole, sessionContext: { sessionIssuer: issuer, attributes } },
  },
  {
    title: 'a role session with source identity says no multi-factor authentication, whatever its token carries',
    identity: session({ sourceIdentity: 'alice@example.com', mfaAt: 1_689_691_990 }),
    subject: roleSubject(),
    is: {
      ...assumedRole,
      sessionContext: {
        sessionIssuer: issuer,
        attributes,
        sourceIdentity: 'alice@example.com',
      },
    },
  },
  {
    title: 'a role session that began with a web identity carries the provider and its claims, and no other key',
    identity: session({
      keys: new Map([
        ['aws:federatedprovider', githubArn],
        [`${github}:aud`, 'sts.amazonaws.com'],
        [`${github}:sub`, 'repo:acme/app:ref:refs/heads/main'],
      ]),
    }),
    subject: roleSubject(),
    is: {
      ...assumedRole,
      sessionContext: {
        sessionIssuer: issuer,
        webIdFederationData: {
          federatedProvider: githubArn,
          attributes: {
            [`${github}:aud`]: 'sts.amazonaws.com',
            [`${github}:sub`]: 'repo:acme/app:ref:refs/heads/main',
          },
        },
        attributes,
      },
    },
  },
  {
    title: 'a role session that began with SAML has no web identity data',
    identity: session({ keys: new Map([['aws:federatedprovider', `arn:aws:iam::${here}:saml-provider/corp`]]) }),
    subject: roleSubject(),
    is: { ...assumedRole, sessionContext: { sessionIssuer: issuer, attributes } },
  },
  {
    title: "a machine's role session says how it was delivered",
    identity: session({ keys: new Map([['ec2:roledelivery', '2.0']]) }),
    subject: roleSubject(),
    is: { ...assumedRole, sessionContext: { sessionIssuer: issuer, attributes, ec2RoleDelivery: '2.0' } },
  },
  {
    title: 'a federated user names the user that asked for it as issuer',
    identity: session({ kind: 'federated-user', principal: 'AIDAAAAAAAAAAAAAAAAAA', name: 'bob' }),
    subject: userSubject(),
    is: {
      type: 'FederatedUser',
      principalId: `${here}:bob`,
      arn: `arn:aws:sts::${here}:federated-user/bob`,
      accountId: here,
      accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
      sessionContext: {
        sessionIssuer: {
          type: 'IAMUser',
          principalId: 'AIDAAAAAAAAAAAAAAAAAA',
          arn: `arn:aws:iam::${here}:user/eng/Alice`,
          accountId: here,
          userName: 'Alice',
        },
        attributes,
      },
    },
  },
  {
    title: 'a web identity is provider, audience and subject',
    identity: {
      kind: 'proof',
      voucher: 'account',
      provider: 'accounts.google.com',
      subject: '1234',
      tags: {},
      transitive: [],
      keys: new Map([['accounts.google.com:aud', 'client-1']]),
    },
    is: {
      type: 'WebIdentityUser',
      principalId: 'accounts.google.com:client-1:1234',
      userName: '1234',
      identityProvider: 'accounts.google.com',
    },
  },
  {
    title: 'a SAML user is name qualifier and name',
    identity: {
      kind: 'proof',
      voucher: 'account',
      provider: `arn:aws:iam::${here}:saml-provider/corp`,
      subject: 'alice',
      tags: {},
      transitive: [],
      keys: new Map([['saml:namequalifier', 'qualifier=']]),
    },
    is: { type: 'SAMLUser', principalId: 'qualifier=:alice', userName: 'alice', identityProvider: 'qualifier=' },
  },
  {
    title: 'a service is invoked by its name',
    identity: serviceOf('ec2.amazonaws.com'),
    is: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' },
  },
  { title: 'nobody known is Unknown', identity: { kind: 'anonymous' }, is: { type: 'Unknown' } },
]

function serviceOf(name: string): Identity {
  const account = '111122223333'
  const attestation = { id: 'machine/i-1', principal: 'i-1', version: 1, account }
  return { kind: 'service', name, subject: 'i-1', attestation, source: { account }, keys: new Map() }
}

describe('userIdentity', () => {
  for (const { title, identity, subject, is } of rows) {
    test(title, () => assert.deepEqual(JSON.parse(userIdentity(callOf(identity, subject))), is))
  }

  test('a name cannot break out of its text', () => {
    const name = 'x","type":"Root","a":"\u001e\n'
    const identity = serviceOf(name)
    assert.deepEqual(JSON.parse(userIdentity(callOf(identity))), { type: 'AWSService', invokedBy: name })
    assert.ok(!userIdentity(callOf(identity)).includes('\u001e'))
  })

  test('a memoized text is of this session, and of the principal as it is now', () => {
    const texts = createIdentityTexts(2)
    const first = callOf(session({}), roleSubject())
    assert.equal(texts.of(first), texts.of(first))
    const renamed = { ...first, subject: userSubject() }
    assert.notEqual(texts.of(renamed), texts.of(first))
    // The same access key id, another session.
    const other = callOf(session({ id: 'ef'.repeat(16), name: 'mallory' }), roleSubject())
    assert.match(texts.of(other), /mallory/)
    for (let i = 0; i < 10; i++) texts.of(callOf(session({ id: String(i) }), roleSubject()))
    assert.match(texts.of(first), /:alice"/)
  })
})
