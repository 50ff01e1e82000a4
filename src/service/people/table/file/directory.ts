// Reads a directory connector of the `people:` section.
import type { Section } from '../../../../config/yaml-members.ts'
import type { DirectorySettings, Membership } from '../../../../federation/directory/directory.ts'
import { normalDn } from '../../../../federation/directory/dn.ts'
import type { DirectoryConnector } from '../../../contracts/people-table.ts'
import { memberships, presets } from './presets.ts'
import type { Reading } from './reading.ts'

export const directoryMembers = [
  ...['preset', 'servers', 'start-tls', 'ca-file', 'client-certificate-file', 'client-key-file'],
  ...['bind-name', 'bind-password-file', 'bind-password-env', 'people', 'groups', 'attempts', 'grace-minutes'],
]

const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]{0,63}|\d+(?:\.\d+)+)$/
/** Attributes whose values are secrets: none becomes a tag, which policies, logs and other systems show. */
const secretAttributes = new Set(
  ['userPassword', 'unicodePwd', 'dBCSPwd', 'lmPwdHistory', 'ntPwdHistory', 'ms-Mcs-AdmPwd', 'msLAPS-Password']
    .concat(['sambaNTPassword', 'sambaLMPassword', 'krbPrincipalKey', 'ipaNTHash', 'sshPrivateKey'])
    .map((name) => name.toLowerCase()),
)

/** ms for one sign-in or look-up. */
const DEADLINE_MS = 10_000

export const isAttribute = (name: string): boolean => ATTRIBUTE.test(name)
export const isSecretAttribute = (name: string): boolean => secretAttributes.has(name.toLowerCase())

/** What a directory connector has beside what every connector has. */
export function readDirectory(
  read: Reading,
  section: Section,
  { name, tags }: Pick<DirectoryConnector, 'name' | 'tags'>,
): Omit<DirectoryConnector, 'name' | 'title' | 'hidden' | 'signInSeconds' | 'tags'> {
  const attempts = read.inner(section, 'attempts', ['failures', 'minutes'])
  return {
    kind: 'directory',
    directory: { name, ...settingsOf(read, section, [...new Set(tags.values())]) },
    attempts: {
      failures: read.number(attempts, 'failures', [1, 100], 4),
      seconds: 60 * read.number(attempts, 'minutes', [1, 1440], 15),
    },
    graceSeconds: 60 * read.number(section, 'grace-minutes', [0, 1440], 0),
  }
}

function settingsOf(read: Reading, section: Section, attributes: readonly string[]): Omit<DirectorySettings, 'name'> {
  const presetName = read.text(section, 'preset')
  const preset = presets.get(presetName ?? '')
  if (presetName !== undefined && preset === undefined)
    read.wrong(section, 'preset', `one of ${[...presets.keys()].join(', ')}`)

  const startTls = read.choice(section, 'start-tls')
  const servers = readServers(read, section, startTls)
  const ca = read.certificates(section, 'ca-file')
  const people = read.inner(section, 'people', [
    ...['base', 'object-class', 'login-attributes', 'name-attribute', 'id-attribute', 'direct-bind'],
  ])
  const groups = read.inner(section, 'groups', ['base', 'membership', 'nested', 'name-attribute'])
  const directBind = readDirectBind(read, people)
  const bind = readBind(read, section)
  if (bind === undefined && directBind === undefined && !section.members.has('bind-name'))
    read.problem(section, 'bind-name', 'must be given, or people.direct-bind')
  const clientCertificate = readClientCertificate(read, section)
  const attribute = (from: Section, member: string, usual: string | undefined) =>
    read.checked(from, member, isAttribute, 'the name of an attribute', usual === undefined ? 'must' : undefined) ??
    usual ??
    ''
  return {
    ...{ servers: servers.urls, startTls },
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(bind === undefined ? {} : { bind }),
    people: {
      base: readBase(read, people),
      objectClass: attribute(people, 'object-class', preset?.people.objectClass),
      loginAttributes: attributeList(read, people, 'login-attributes', preset?.people.loginAttributes),
      nameAttribute: attribute(people, 'name-attribute', preset?.people.nameAttribute),
      idAttribute: attribute(people, 'id-attribute', preset?.people.idAttribute),
      ...(directBind === undefined ? {} : { directBind }),
      attributes,
    },
    groups: {
      base: readBase(read, groups),
      membership: readMembership(read, groups, preset?.groups.membership),
      nested: read.choice(groups, 'nested', preset?.groups.nested ?? true),
      nameAttribute: attribute(groups, 'name-attribute', preset?.groups.nameAttribute ?? 'cn'),
    },
    deadlineMs: DEADLINE_MS,
    ...(servers.plain ? { allowsPlain: true } : {}),
  }
}

/** INVARIANT: passwords go through TLS. Only in development, and on this machine, is a server taken without. */
function readServers(read: Reading, section: Section, startTls: boolean) {
  const urls = read.texts(section, 'servers') ?? []
  if (urls.length === 0) read.wrong(section, 'servers', 'a list of ldaps:// or ldap:// URLs')
  let plain = false
  for (const text of urls) {
    const url = /^ldaps?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || url.hostname === '' || !/^\/?$/.test(url.pathname) || /[@?#]/.test(text)) {
      read.wrong(section, 'servers', 'a list of URLs, each ldaps://HOST or ldap://HOST, with a port or without')
    } else if (url.protocol === 'ldap:' && !startTls) {
      if (read.development && read.isLoopback(url.hostname)) plain = true
      else read.problem(section, 'servers', 'passwords would be sent in the clear: write ldaps://, or start-tls: true')
    }
  }
  return { urls, plain }
}

function readBase(read: Reading, section: Section): string {
  const isBase = (dn: string) => (normalDn(dn) ?? '') !== ''
  return read.checked(section, 'base', isBase, 'a DN, such as ou=people,dc=corp,dc=example', 'must') ?? ''
}

function attributeList(read: Reading, section: Section, member: string, usual: readonly string[] = []) {
  const names = read.texts(section, member) ?? usual
  if (names.length === 0 || !names.every(isAttribute)) read.wrong(section, member, 'a list of names of attributes')
  return names
}

function readMembership(read: Reading, section: Section, usual: readonly Membership[] = []): readonly Membership[] {
  const names = read.texts(section, 'membership') ?? usual
  const known = memberships.filter((membership) => names.includes(membership))
  if (known.length === 0 || known.length !== names.length)
    read.wrong(section, 'membership', `a list of some of ${memberships.join(', ')}`)
  return names.flatMap((name) => known.filter((membership) => membership === name))
}

/** INVARIANT: a name is never bound without a password: many servers would take that for anonymous, and say yes. */
function readBind(read: Reading, section: Section): DirectorySettings['bind'] {
  const name = read.text(section, 'bind-name')
  const password = read.secret(section, 'bind-password')
  const isGiven = read.hasSecret(section, 'bind-password')
  if (name === undefined) {
    if (isGiven && !section.members.has('bind-name'))
      read.problem(section, 'bind-name', 'must be given with its password')
    return undefined
  }
  if (!isGiven) read.problem(section, 'bind-name', 'needs bind-password-file or bind-password-env')
  return password === undefined ? undefined : { name, password }
}

function readDirectBind(read: Reading, people: Section): string | undefined {
  const isTemplate = (text: string) => {
    const [before = '', after, more] = text.split('{login}')
    if (after === undefined || more !== undefined || /[{}]/.test(before + after)) return false
    // A template that is a DN must be one with any login in it.
    return !/=/.test(text) || normalDn(`${before}x${after}`) !== undefined
  }
  return read.checked(people, 'direct-bind', isTemplate, 'text with {login} once, such as {login}@corp.example')
}

function readClientCertificate(read: Reading, section: Section): DirectorySettings['clientCertificate'] {
  const certificate = read.certificates(section, 'client-certificate-file')
  const key = read.privateKey(section, 'client-key-file')
  const [hasCertificate, hasKey] = ['client-certificate-file', 'client-key-file'].map((name) =>
    section.members.has(name),
  )
  if (hasCertificate !== hasKey)
    read.problem(section, hasKey ? 'client-key-file' : 'client-certificate-file', 'certificate and key come together')
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}
