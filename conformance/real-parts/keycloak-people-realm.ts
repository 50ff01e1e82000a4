// A company's realm in Keycloak in which people sign in to Hallpass: by OpenID Connect with a secret, and by SAML with persistent
// NameIDs; their groups by Keycloak's own mappers, which write a SAML attribute for each group.

export const clientSecret = 'a-secret-of-hallpass'

export interface RealmPerson {
  readonly username: string
  readonly groups: readonly string[]
}

export const passwordOf = ({ username }: Pick<RealmPerson, 'username'>) => `${username}s password`

export interface Addresses {
  /** Of the OpenID Connect connector. */
  readonly callback: string
  /** Of the SAML connector. */
  readonly entity: string
  readonly consumer: string
}

export const peopleRealm = (
  realm: string,
  people: readonly RealmPerson[],
  { callback, entity, consumer }: Addresses,
) => ({
  realm,
  groups: [...new Set(people.flatMap(({ groups }) => groups))].map((name) => ({ name })),
  users: people.map(({ username, groups }) => ({
    ...{ username, enabled: true, emailVerified: true, email: `${username}@company.example` },
    ...{ firstName: username, lastName: 'of the company', groups: groups.map((name) => `/${name}`) },
    credentials: [{ type: 'password', value: passwordOf({ username }), temporary: false }],
  })),
  clients: [
    {
      ...{ clientId: 'hallpass', secret: clientSecret, publicClient: false, redirectUris: [callback] },
      ...{ standardFlowEnabled: true, directAccessGrantsEnabled: false },
      attributes: { 'pkce.code.challenge.method': 'S256' },
      protocolMappers: [
        {
          ...{ name: 'groups', protocol: 'openid-connect', protocolMapper: 'oidc-group-membership-mapper' },
          config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true' },
        },
      ],
    },
    {
      ...{ clientId: entity, protocol: 'saml', redirectUris: [consumer], defaultClientScopes: [] },
      attributes: {
        saml_assertion_consumer_url_post: consumer,
        ...{ 'saml.assertion.signature': 'true', 'saml.server.signature': 'true', 'saml.authnstatement': 'true' },
        'saml.client.signature': 'false',
      },
      protocolMappers: [
        {
          ...{ name: 'groups', protocol: 'saml', protocolMapper: 'saml-group-membership-mapper' },
          config: {
            'attribute.name': 'groups',
            'attribute.nameformat': 'Basic',
            single: 'false',
            'full.path': 'false',
          },
        },
        {
          ...{ name: 'uid', protocol: 'saml', protocolMapper: 'saml-user-property-mapper' },
          config: { 'user.attribute': 'username', 'attribute.name': 'uid', 'attribute.nameformat': 'Basic' },
        },
      ],
    },
  ],
})
