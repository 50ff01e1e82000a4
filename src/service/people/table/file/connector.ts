// Reads one connector of the `people:` section: a directory, an OpenID Connect provider, or a SAML provider.

import type { YamlNode } from '../../../../config/yaml-file.ts'
import type { Section } from '../../../../config/yaml-members.ts'
import type { Connector, OidcConnector, SamlConnector } from '../../../contracts/people-table.ts'
import { directoryMembers, isAttribute, isSecretAttribute, readDirectory } from './directory.ts'
import type { Reading } from './reading.ts'

const commonMembers = ['name', 'kind', 'title', 'hidden', 'sign-in-hours', 'tags']
const oidcMembers = [
  ...['issuer', 'client-id', 'client-secret-file', 'client-secret-env', 'scopes', 'login-claim', 'groups-claim'],
  ...['second-factor-amr', 'ca-file', 'allow', 'grace-minutes'],
]
const samlMembers = ['provider', 'groups-attribute', 'id-attribute', 'login-attribute', 'second-factor-contexts']
/** In place of the claim or attribute that has groups: nobody of the connector is in any. */
const NONE = 'none'
const membersOf: Readonly<Record<Connector['kind'], readonly string[]>> = {
  directory: directoryMembers,
  oidc: oidcMembers,
  saml: samlMembers,
}
const kinds = Object.keys(membersOf) as Connector['kind'][]

const SAML_ARN = /^arn:aws:iam::\d{12}:saml-provider\/[\w._-]{1,128}$/

/** Undefined where not even its kind can be read. */
export function readConnector(read: Reading, path: string, node: YamlNode): Connector | undefined {
  const section = read.section(path, node)
  const given = read.text(section, 'kind', 'must')
  const kind = kinds.find((one) => one === given)
  if (kind === undefined) {
    if (given !== undefined) read.wrong(section, 'kind', `one of ${kinds.join(', ')}`)
    return undefined
  }
  read.section(path, node, [...commonMembers, ...membersOf[kind]])
  const common = readCommon(read, section, kind)
  if (kind === 'directory') return { ...common, ...readDirectory(read, section, common) }
  return kind === 'oidc' ? { ...common, ...readOidc(read, section) } : { ...common, ...readSaml(read, section) }
}

type Common = Pick<Connector, 'name' | 'title' | 'hidden' | 'signInSeconds' | 'tags'>

function readCommon(read: Reading, section: Section, kind: Connector['kind']): Common {
  const name = read.name(section)
  const tags = read.pairs(section, 'tags')
  read.tagKeys(section, 'tags', [...tags.keys()])
  for (const [key, source] of tags) {
    if (kind === 'directory' ? !isAttribute(source) : source === '')
      read.problem(section, 'tags', `${key}: must be the name of ${kind === 'oidc' ? 'a claim' : 'an attribute'}`)
    if (kind === 'directory' && isSecretAttribute(source))
      read.problem(section, 'tags', `${key}: ${source} holds secrets, and tags are shown`)
  }
  return {
    name,
    title: read.text(section, 'title') ?? name,
    hidden: read.choice(section, 'hidden'),
    signInSeconds: 3600 * read.number(section, 'sign-in-hours', [1, 168], 12),
    tags,
  }
}

function readOidc(read: Reading, section: Section): Omit<OidcConnector, keyof Common> {
  const issuer = read.address(section, 'issuer')
  if (issuer.includes('?')) read.wrong(section, 'issuer', 'a URL without a query')
  const scopes = read.texts(section, 'scopes') ?? ['openid', 'profile', 'email']
  if (!scopes.includes('openid') || scopes.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    read.wrong(section, 'scopes', 'a list of scopes with openid among them')
  const clientSecret = read.secret(section, 'client-secret')
  const ca = read.certificates(section, 'ca-file')
  const groupsClaim = read.text(section, 'groups-claim') ?? 'groups'
  return {
    kind: 'oidc',
    issuer,
    clientId: read.text(section, 'client-id', 'must') ?? '',
    ...(clientSecret === undefined ? {} : { clientSecret }),
    scopes,
    loginClaim: read.text(section, 'login-claim') ?? 'preferred_username',
    ...(groupsClaim === NONE ? {} : { groupsClaim }),
    multiFactorAmr: read.texts(section, 'second-factor-amr') ?? [],
    ...(ca === undefined ? {} : { ca }),
    allow: read.ranges(section, 'allow') ?? [],
    graceSeconds: 60 * read.number(section, 'grace-minutes', [0, 1440], 0),
  }
}

function readSaml(read: Reading, section: Section): Omit<SamlConnector, keyof Common> {
  const isArn = (text: string) => SAML_ARN.test(text)
  const groupsAttribute = read.text(section, 'groups-attribute', 'must') ?? ''
  const idAttribute = read.text(section, 'id-attribute')
  const loginAttribute = read.text(section, 'login-attribute')
  return {
    kind: 'saml',
    provider: read.checked(section, 'provider', isArn, 'the ARN of a SAML provider', 'must') ?? '',
    ...(groupsAttribute === NONE ? {} : { groupsAttribute }),
    ...(idAttribute === undefined ? {} : { idAttribute }),
    ...(loginAttribute === undefined ? {} : { loginAttribute }),
    multiFactorContexts: read.texts(section, 'second-factor-contexts') ?? [],
  }
}
