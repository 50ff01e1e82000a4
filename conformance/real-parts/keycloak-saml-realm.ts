// A company's realm in Keycloak that speaks SAML with AWS as Keycloak's and AWS's guides set it up: a client for AWS, whose roles
// are called by the pairs that AWS wants, and Keycloak's own mappers. Everything else is as it comes: one Attribute element for each
// value, and the roles that everybody has in the same attribute.
import { attributeName } from '../clients/saml-servers.ts'
import { base64Of, type Consumer } from './simplesamlphp-server.ts'

export interface SamlPerson {
  readonly username: string
  readonly password: string
  /** Values of the Role attribute. */
  readonly pairs: readonly string[]
}

export interface SamlClient extends Consumer {
  readonly pairs: readonly string[]
  /** Session tags that everybody has. */
  readonly tags?: Readonly<Record<string, string>>
}

/** What the page is called where somebody begins who was not sent there. */
export const initiated = 'aws'

/** What is added to a realm. */
export const samlCompany = (realm: string, client: SamlClient, people: readonly SamlPerson[]) => ({
  clients: [clientOf(client)],
  roles: { client: { [client.entityId]: client.pairs.map((name) => ({ name })) } },
  users: people.map(({ username, password, pairs }) => ({
    ...{ username, enabled: true, emailVerified: true, email: `${username}@company.example` },
    ...{ firstName: username, lastName: 'of the company' },
    credentials: [{ type: 'password', value: password, temporary: false }],
    // What Keycloak gives to people who sign up.
    realmRoles: [`default-roles-${realm}`],
    clientRoles: { [client.entityId]: pairs },
  })),
})

const clientOf = ({ entityId, addresses, logout, signing, encryption, tags = {} }: SamlClient) => ({
  ...{
    clientId: entityId,
    protocol: 'saml',
    redirectUris: addresses,
    fullScopeAllowed: true,
    // Without the scope role_list: of two role list mappers Keycloak applies one, and does not say which.
    defaultClientScopes: [],
    frontchannelLogout: true,
  },
  attributes: {
    saml_assertion_consumer_url_post: addresses[0],
    saml_idp_initiated_sso_url_name: initiated,
    ...{ saml_name_id_format: 'username', saml_force_name_id_format: 'false' },
    ...{ 'saml.server.signature': 'true', 'saml.assertion.signature': 'true', 'saml.authnstatement': 'true' },
    'saml.client.signature': String(signing !== undefined),
    ...(signing === undefined ? {} : { 'saml.signing.certificate': base64Of(signing) }),
    ...(logout === undefined ? {} : { saml_single_logout_service_url_redirect: logout }),
    ...(encryption === undefined
      ? {}
      : { 'saml.encrypt': 'true', 'saml.encryption.certificate': base64Of(encryption) }),
  },
  protocolMappers: [
    mapper('Role', 'saml-role-list-mapper', { single: 'false' }),
    mapper('RoleSessionName', 'saml-user-property-mapper', { 'user.attribute': 'username' }),
    mapper('SourceIdentity', 'saml-user-property-mapper', { 'user.attribute': 'username' }),
    mapper('PrincipalTag:Email', 'saml-user-property-mapper', { 'user.attribute': 'email' }),
    constant('SessionDuration', '28800'),
    ...Object.entries(tags).map(([key, value]) => constant(`PrincipalTag:${key}`, value)),
  ],
})

const constant = (name: string, value: string) =>
  mapper(name, 'saml-hardcode-attribute-mapper', { 'attribute.value': value })

const mapper = (name: string, protocolMapper: string, config: Readonly<Record<string, string>>) => ({
  ...{ name, protocol: 'saml', protocolMapper },
  config: { 'attribute.name': attributeName(name), 'attribute.nameformat': 'Basic', ...config },
})
