// What the company keeps in Keycloak (its RealmRepresentation): services with secrets, a portal for people, their groups.

/** The secret of every service of a run that lasts two minutes. */
export const secret = 'a-secret-of-a-service'

export interface Person {
  readonly username: string
  readonly password: string
}

export const people = {
  erin: { username: 'erin', password: 'erins password' },
  olga: { username: 'olga', password: 'olgas password' },
  nick: { username: 'nick', password: 'nicks password' },
} satisfies Readonly<Record<string, Person>>

export const redirectUri = 'http://127.0.0.1:1/signed-in'

/** A realm with its clients and people. */
export const company = (realm: string) => ({
  ...{ realm, accessTokenLifespan: 600 },
  clients: [
    service('deploy-bot'),
    service('other-bot'),
    // Its tokens live for four seconds.
    service('brief-bot', { 'access.token.lifespan': '4' }),
    {
      clientId: 'portal',
      publicClient: true,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: false,
      redirectUris: [redirectUri],
      attributes: { 'pkce.code.challenge.method': 'S256' },
      protocolMappers: [
        mapper('groups', 'oidc-group-membership-mapper', {
          ...{ 'claim.name': 'groups', 'full.path': 'false' },
          ...{ 'id.token.claim': 'true', 'access.token.claim': 'false' },
        }),
      ],
    },
  ],
  groups: [{ name: 'engineers' }, { name: 'auditors' }],
  users: [person(people.erin, ['/engineers']), person(people.olga, ['/auditors']), person(people.nick, [])],
})

/** A client that gets tokens for itself, with itself as their audience. */
const service = (clientId: string, attributes: Readonly<Record<string, string>> = {}) => ({
  ...{ clientId, secret, attributes, publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true },
  protocolMappers: [
    mapper('audience', 'oidc-audience-mapper', { 'included.client.audience': clientId, 'access.token.claim': 'true' }),
  ],
})

const mapper = (name: string, protocolMapper: string, config: Readonly<Record<string, string>>) => ({
  ...{ name, protocol: 'openid-connect', protocolMapper, config },
})

const person = ({ username, password }: Person, groups: readonly string[]) => ({
  ...{ username, groups, enabled: true, emailVerified: true, email: `${username}@company.example` },
  ...{ firstName: username, lastName: 'of the company' },
  credentials: [{ type: 'password', value: password, temporary: false }],
})
