// Every response that is refused at AssumeRoleWithSAML: what its sender is told, and the reason that the operator reads.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateRoleCommand,
  DeleteSAMLProviderCommand,
  GetSAMLProviderCommand,
  UpdateSAMLProviderCommand,
} from '@aws-sdk/client-iam'
import { newSamlKeys, type ResponseChoice, samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { roles } from '../../src/service/records.ts'
import { manager, member, role } from './people.ts'
import { type Refused, refused, refusedId } from './refused.ts'
import {
  assumeWithSaml,
  attributeName,
  decryptionKey,
  notAuthorizedForSaml,
  pairOf,
  registerSaml,
  responding,
  type Stated,
  stating,
  trustingSaml,
} from './saml-servers.ts'
import { firstAccount, testServer } from './server.ts'

const oldArn = `arn:aws:iam::${firstAccount}:saml-provider/Old`
const onceArn = `arn:aws:iam::${firstAccount}:saml-provider/Once`
const server = await testServer({
  settings: { 'public-url': 'https://hallpass.example' },
  providers: {
    providers: [],
    saml: [
      { provider: oldArn, sha1: true, 'response-signature': true },
      { provider: onceArn, 'one-use': true },
    ],
  },
})
const admin = await manager(server)
const other = await member(server, admin, 'other')
const idp = samlProvider()
const stranger = samlProvider('https://stranger.example/saml')
const respond = responding(server, idp)
const company = await registerSaml(admin, 'Company', idp.metadata())
const reader = await role(admin, 'Reader', trustingSaml(company.arn))
const theirs = await registerSaml(other.admin, 'Company', stranger.metadata())
const theirRole = await role(other.admin, 'Reader', trustingSaml(theirs.arn))
const pairs = [pairOf(reader, company.arn)]

const invalid = (message: string): Refused => ['InvalidIdentityTokenException', 400, message]
const expired = (message: string): Refused => ['ExpiredTokenException', 400, message]
const validation = (message: string): Refused => ['ValidationError', 400, message]
const generic = invalid(
  'The SAML response could not be validated. See the AssumeRoleWithSAML documentation for requirements.',
)
const signature = invalid('Response signature invalid')
const at = (seconds: number) => new Date(server.now().getTime() + seconds * 1000)

/** Whether the operator is told this reason of the refused request, and what to do. */
async function told(requestId: string, reason: string): Promise<void> {
  // The sample of strangers' refusals is written behind the answer.
  await server.move(1_000)
  const found = await why(server.engine.store, requestId)
  assert.ok(found, 'nothing is known of it')
  const text = explainForOperator(found)
  assert.match(text, new RegExp(`saml-${reason}: `))
  assert.match(text, /> /)
}

/** AssumeRoleWithSAML of the reader is refused so, for this reason. */
async function refuses(
  choice: ResponseChoice | string,
  sent: Refused,
  reason: string,
  [arn, provider] = [reader, company.arn],
) {
  const text = typeof choice === 'string' ? choice : respond({ attributes: stating(pairs), ...choice })
  await told(await refusedId(assumeWithSaml(server, arn, provider, text), sent), reason)
}

const encryptFor = decryptionKey().publicKey
const cases: readonly (readonly [
  situation: string,
  choice: () => ResponseChoice | string,
  sent: Refused,
  reason: string,
])[] = [
  [
    'another audience',
    () => ({ audiences: ['https://other.example'] }),
    invalid('Response does not contain the required audience.'),
    'audience',
  ],
  [
    'no audience',
    () => ({ beforeSigning: (xml) => xml.replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, '') }),
    invalid('Response does not contain the required audience.'),
    'audience',
  ],
  [
    'another recipient',
    () => ({ recipient: 'https://other.example/saml', destination: undefined }),
    notAuthorizedForSaml,
    'recipient',
  ],
  [
    'AWS’s address with a region that has none',
    () => ({ recipient: 'https://us-east-1.signin.aws.amazon.com/saml', destination: undefined }),
    notAuthorizedForSaml,
    'recipient',
  ],
  [
    'AWS’s slip of a documented address',
    () => ({ recipient: 'https://signin.aws.amazon.com/static/saml', destination: undefined }),
    notAuthorizedForSaml,
    'recipient',
  ],
  [
    'the address of another provider',
    () => ({ recipient: `https://hallpass.example/saml/acs/${theirs.uuid}`, destination: undefined }),
    notAuthorizedForSaml,
    'recipient',
  ],
  [
    'no recipient',
    () => ({ beforeSigning: (xml) => xml.replace(/ Recipient="[^"]*"/, '') }),
    notAuthorizedForSaml,
    'subject-confirmation',
  ],
  [
    'no SubjectConfirmation',
    () => ({ beforeSigning: (xml) => xml.replace(/<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, '') }),
    notAuthorizedForSaml,
    'subject-confirmation',
  ],
  [
    'two SubjectConfirmations',
    () => ({
      beforeSigning: (xml) => xml.replace(/(<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>)/, '$1$1'),
    }),
    notAuthorizedForSaml,
    'subject-confirmation',
  ],
  [
    'no NameID',
    () => ({ beforeSigning: (xml) => xml.replace(/<saml:NameID .*<\/saml:NameID>/, '') }),
    notAuthorizedForSaml,
    'subject',
  ],
  ['another destination', () => ({ destination: 'https://other.example/saml' }), generic, 'destination'],
  ['an end that has passed', () => ({ notOnOrAfter: at(-61) }), expired('Response has expired'), 'expired'],
  ['a beginning that has not come', () => ({ notBefore: at(61) }), generic, 'not-yet'],
  ['an issue from the future', () => ({ issueInstant: at(61) }), generic, 'not-yet'],
  [
    'an issue six minutes ago',
    () => ({ issueInstant: at(-360) }),
    expired('Token must be redeemed within 5 minutes of issuance'),
    'stale',
  ],
  [
    'a session at the provider that has ended',
    () => ({ sessionNotOnOrAfter: at(-1) }),
    expired('Response has expired'),
    'expired',
  ],
  [
    'a session at the provider without a whole second',
    () => ({ sessionNotOnOrAfter: at(0.4) }),
    expired('Response has expired'),
    'session-ended',
  ],
  [
    'a status of failure',
    () => ({ status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }),
    ['IDPRejectedClaimException', 403, 'The identity provider reported that authentication failed.'],
    'status',
  ],
  ['no signature', () => ({ signs: 'none' }), signature, 'unsigned'],
  ['a signature of the response alone', () => ({ signs: 'response' }), signature, 'unsigned'],
  ['SHA-1', () => ({ signature: { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' } }), signature, 'algorithm'],
  ['a key that is none of the provider’s', () => ({ signature: { keys: newSamlKeys() } }), signature, 'signature'],
  ['the key of another account’s provider', () => ({ signature: { keys: stranger.keys } }), signature, 'signature'],
  [
    'a changed assertion',
    () => ({ afterSigning: (xml) => xml.replace('jane@example.com', 'root@example.com') }),
    signature,
    'digest',
  ],
  ['an encrypted assertion where no key is', () => ({ encryptFor }), generic, 'encrypted'],
  ['a comment in the NameID', () => ({ finished: (xml) => xml.replace('jane@', 'jane<!-- -->@') }), generic, 'comment'],
  [
    'a document type',
    () => Buffer.from(`<!DOCTYPE a>${idp.respondXml({ now: server.now() })}`).toString('base64'),
    generic,
    'document-type',
  ],
  ['no XML', () => Buffer.from('hello').toString('base64'), generic, 'not-xml'],
  [
    'no RoleSessionName',
    () => ({ attributes: [[attributeName('Role'), pairs]] }),
    invalid('RoleSessionName is required in AuthnResponse'),
    'no-session-name',
  ],
  [
    'a RoleSessionName with a space',
    () => ({
      attributes: [
        [attributeName('Role'), pairs],
        [attributeName('RoleSessionName'), ['jane doe']],
      ],
    }),
    invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}'),
    'session-name',
  ],
  [
    'a second RoleSessionName',
    () => ({ attributes: stating(pairs, [attributeName('RoleSessionName'), ['john']]) }),
    invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}'),
    'session-name',
  ],
  [
    'a SessionDuration below the least',
    () => ({ attributes: stating(pairs, [attributeName('SessionDuration'), ['899']]) }),
    invalid('SessionDuration in AuthnResponse must be a whole number from 900 to 43200'),
    'session-duration',
  ],
  [
    'a SourceIdentity of another form',
    () => ({ attributes: stating(pairs, [attributeName('SourceIdentity'), ['a b']]) }),
    invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'),
    'source-identity',
  ],
  [
    'two values of a tag',
    () => ({ attributes: stating(pairs, [attributeName('PrincipalTag:Team'), ['a', 'b']]) }),
    validation('Unable to validate tags'),
    'tags',
  ],
  [
    'an attribute of AWS that nobody knows',
    () => ({ attributes: stating(pairs, [attributeName('Policy'), ['{}']]) }),
    generic,
    'unknown-attribute',
  ],
  ['a Role that is no pair', () => ({ attributes: stating([...pairs, reader]) }), generic, 'role-value'],
  [
    'two attributes for one key',
    () => ({ attributes: stating(pairs, ['2.5.4.3', ['a']], ['http://schemas.xmlsoap.org/claims/CommonName', ['a']]) }),
    generic,
    'two-claims',
  ],
  ['no Role', () => ({ attributes: stating([]) }), notAuthorizedForSaml, 'role-not-named'],
  [
    'another role',
    () => ({ attributes: stating([pairOf(`${reader}s`, company.arn)]) }),
    notAuthorizedForSaml,
    'role-not-named',
  ],
  [
    'the role in another case',
    () => ({ attributes: stating([pairOf(reader.replace('Reader', 'reader'), company.arn)]) }),
    notAuthorizedForSaml,
    'role-not-named',
  ],
  [
    'the role with another provider',
    () => ({ attributes: stating([pairOf(reader, oldArn)]) }),
    notAuthorizedForSaml,
    'role-not-named',
  ],
  [
    'the role with the provider of another account',
    () => ({ attributes: stating([pairOf(reader, theirs.arn)]) }),
    notAuthorizedForSaml,
    'role-not-named',
  ],
]

describe('a response is refused, with its reason for the operator:', () => {
  for (const [situation, choice, sent, reason] of cases) {
    test(situation, () => refuses(choice(), sent, reason))
  }

  for (const [situation, choice, sentence, reason] of [
    ['another issuer', { issuer: 'https://other.example' }, 'Issuer not present in specified provider', 'issuer'],
    [
      'another provider',
      { signature: { keys: stranger.keys }, issuer: stranger.entityId },
      'Issuer not present in specified provider',
      'issuer',
    ],
    ['what is not base64', 'no base64!', 'Invalid base64 SAMLResponse', 'not-base64'],
  ] as const) {
    test(`${situation}, in the sentence of the service behind, with our request id`, async () => {
      const text = typeof choice === 'string' ? choice : respond({ attributes: stating(pairs), ...choice })
      const error = await assumeWithSaml(server, reader, company.arn, text).then(
        () => assert.fail('answered'),
        (error: Error & { $metadata: { requestId: string } }) => error,
      )
      const { requestId } = error.$metadata
      assert.deepEqual(
        [error.name, error.message],
        [
          'InvalidIdentityTokenException',
          `${sentence} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException; Request ID: ${requestId}; Proxy: null)`,
        ],
      )
      await told(requestId, reason)
    })
  }
})

describe('an encrypted assertion is refused', () => {
  const [retired, present] = [decryptionKey(), decryptionKey()]

  async function sealed(Name: string, refusedFor: () => readonly (readonly [ResponseChoice, Refused, string])[]) {
    const { arn: SAMLProviderArn, uuid } = await registerSaml(admin, Name, idp.metadata(), {
      AddPrivateKey: retired.pem,
      AssertionEncryptionMode: 'Required',
    })
    const { PrivateKeyList } = await admin.iam.send(new GetSAMLProviderCommand({ SAMLProviderArn }))
    await admin.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn, AddPrivateKey: present.pem }))
    const RemovePrivateKey = PrivateKeyList?.[0]?.KeyId
    await admin.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn, RemovePrivateKey }))
    const arn = await role(admin, Name, trustingSaml(SAMLProviderArn))
    const honest = {
      attributes: stating([pairOf(arn, SAMLProviderArn)]),
      recipient: `https://hallpass.example/saml/acs/${uuid}`,
      encryptFor: present.publicKey,
    }
    await assumeWithSaml(server, arn, SAMLProviderArn, respond(honest))
    for (const [choice, sent, reason] of refusedFor())
      await refuses({ ...honest, ...choice }, sent, reason, [arn, SAMLProviderArn])
  }

  test('for a key that was taken away', () =>
    sealed('Retired', () => [[{ encryptFor: retired.publicKey }, generic, 'decryption']]))
  test('that is signed around its ciphertext alone', () =>
    sealed('Around', () => [[{ signs: 'response' }, generic, 'decryption']]))
  test('at an address of all providers, where encryption is required', () =>
    sealed('Common', () => [
      [{ recipient: 'https://hallpass.example/saml', destination: undefined }, notAuthorizedForSaml, 'recipient'],
      [{ recipient: 'https://signin.aws.amazon.com/saml', destination: undefined }, notAuthorizedForSaml, 'recipient'],
    ]))
  test('that is none, where encryption is required', () =>
    sealed('None', () => [[{ encryptFor: undefined } as unknown as ResponseChoice, generic, 'not-encrypted']]))
})

describe('who is named', () => {
  const by = (arn: string, provider: string, attributes: readonly Stated[] = stating([pairOf(arn, provider)])) =>
    assumeWithSaml(server, arn, provider, respond({ attributes }))

  test('is a role and a SAML provider, of one account', async () => {
    await refused(by(reader.replace(':role/', ':user/'), company.arn), validation('Request ARN is invalid'))
    await refused(by(reader, company.arn.replace(':saml-', ':oidc-')), validation('Principal ARN is invalid'))
    await refused(by(reader, reader), validation('Principal ARN is invalid'))
    const outside = validation('Principal exists outside the account of the Role being assumed.')
    await refused(by(theirRole, company.arn), outside)
    await refused(by(reader, theirs.arn), outside)
  })

  test('a trust policy that names another account’s provider admits nobody by it', async () => {
    await server.engine.store.transact(async (tx) => {
      const record = await tx.get(roles, [server.account, 'reader'])
      assert.ok(record)
      await tx.create(roles, {
        ...record,
        id: 'AROAABROAD',
        name: 'Abroad',
        trust: { text: trustingSaml(theirs.arn), principals: {} },
      })
    })
    const abroad = reader.replace('Reader', 'Abroad')
    await refused(by(abroad, company.arn), notAuthorizedForSaml)
    const outside = validation('Principal exists outside the account of the Role being assumed.')
    const text = stranger.respond({ now: server.now(), attributes: stating([pairOf(abroad, theirs.arn)]) })
    await refused(assumeWithSaml(server, abroad, theirs.arn, text), outside)
  })

  test('a provider that is there, to the letter', async () => {
    const missing = company.arn.replace('Company', 'company')
    await refuses(
      respond({ attributes: stating([pairOf(reader, missing)]) }),
      invalid("Specified provider doesn't exist"),
      'no-provider',
      [reader, missing],
    )
    const partition = company.arn.replace('arn:aws:', 'arn:aws-cn:')
    await refused(by(reader, partition), invalid("Specified provider doesn't exist"))
  })

  test('a role that is there and trusts the provider: neither is told from the other', async () => {
    const untrusting = await role(
      admin,
      'Untrusting',
      trustingSaml(company.arn, { StringEquals: { 'saml:sub': 'john' } }),
    )
    await refused(by(untrusting, company.arn), notAuthorizedForSaml)
    await refused(by(reader.replace('Reader', 'Missing'), company.arn), notAuthorizedForSaml)
    await refused(by(reader.replace('role/', 'role/path/'), company.arn), notAuthorizedForSaml)
  })

  test('no role of IAM Identity Center, whatever it trusts', async () => {
    const { Role } = await admin.iam.send(
      new CreateRoleCommand({
        RoleName: 'AWSReservedSSO_Admin_0123456789abcdef',
        AssumeRolePolicyDocument: trustingSaml(company.arn),
      }),
    )
    const arn = Role?.Arn ?? ''
    await refuses({ attributes: stating([pairOf(arn, company.arn)]) }, notAuthorizedForSaml, 'reserved-role', [
      arn,
      company.arn,
    ])
  })

  test('no provider that was deleted', async () => {
    const gone = await registerSaml(admin, 'Gone', idp.metadata())
    const arn = await role(admin, 'Gone', trustingSaml(gone.arn))
    await by(arn, gone.arn)
    await admin.iam.send(new DeleteSAMLProviderCommand({ SAMLProviderArn: gone.arn }))
    await refused(by(arn, gone.arn), invalid("Specified provider doesn't exist"))
  })
})

test('2,000 roles are longer than any response that is taken', async () => {
  const attributes = stating(Array.from({ length: 2_000 }, (_, n) => pairOf(`${reader}${n}`, company.arn)))
  await assert.rejects(assumeWithSaml(server, reader, company.arn, respond({ attributes })), {
    name: 'ValidationError',
    message: /'sAMLAssertion' failed to satisfy constraint: Member must have length less than or equal to 100000$/,
  })
})

describe('what the operator says of a provider', () => {
  test('lets SHA-1 and a signature of the response count, of that one alone', async () => {
    const old = await registerSaml(admin, 'Old', idp.metadata())
    assert.equal(old.arn, oldArn)
    const arn = await role(admin, 'Old', trustingSaml(old.arn))
    for (const choice of [
      {
        signature: {
          algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
          digest: 'http://www.w3.org/2000/09/xmldsig#sha1',
        },
      },
      { signs: 'response' },
    ] as const)
      await assumeWithSaml(server, arn, old.arn, respond({ attributes: stating([pairOf(arn, old.arn)]), ...choice }))
  })

  test('lets each assertion begin one session, and no refused one count', async () => {
    const one = await registerSaml(admin, 'Once', idp.metadata())
    assert.equal(one.arn, onceArn)
    const arns = [
      await role(admin, 'Once', trustingSaml(one.arn)),
      await role(admin, 'Never', trustingSaml(company.arn)),
    ]
    const attributes = stating(arns.map((arn) => pairOf(arn, one.arn)))
    const [may = '', mayNot = ''] = arns
    const text = respond({ attributes, assertionId: '_one' })
    await refused(assumeWithSaml(server, mayNot, one.arn, text), notAuthorizedForSaml)
    await assumeWithSaml(server, may, one.arn, text)
    await refuses(text, invalid('The SAML assertion has been used before.'), 'used', [may, one.arn])
    await assumeWithSaml(server, may, one.arn, respond({ attributes, assertionId: '_two' }))
  })
})

test('a provider’s rate is taken from by those alone whom a role lets in', async () => {
  // Of four a second, one address has four at once.
  const slow = await testServer({ settings: { 'rate-per-provider': '4' } })
  const root = slow.as(slow.root)
  const { arn } = await registerSaml(root, 'Company', idp.metadata())
  const open = await role(root, 'Open', trustingSaml(arn))
  const shut = await role(root, 'Shut', trustingSaml(arn, { StringEquals: { 'saml:sub': 'john' } }))
  const by = (to: string) =>
    assumeWithSaml(slow, to, arn, idp.respond({ now: slow.now(), attributes: stating([pairOf(to, arn)]) }))
  for (let n = 0; n < 8; n++) await refused(by(shut), notAuthorizedForSaml)
  for (let n = 0; n < 4; n++) await by(open)
  await refused(by(open), ['Throttling', 400, 'Rate exceeded'])
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
