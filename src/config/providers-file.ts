// Reads the file about identity providers: settings for which AWS's API has no members. For single providers, by issuer and
// account: private authorities, uploaded keys, addresses and claims. And the apps of Google, Facebook and Login with Amazon.
//
//   providers:
//     - issuer: https://keycloak.corp.example:8443/realms/main
//       account: '111122223333'
//       ca: corp-ca.pem            # beside this file; these authorities instead of the public ones
//       keys: keycloak.jwks.json   # uploaded: then nothing is fetched
//       allow: [10.0.0.0/8]        # where its servers may be
//       claims: [groups, email]    # or `all`: further claims as `<provider>:<claim>` in trust policies
//   saml:
//     - provider: arn:aws:iam::111122223333:saml-provider/Company
//       sha1: true                 # old: signatures and digests of SHA-1 count
//       response-signature: true   # its signature of the response stands for the assertion's
//       one-use: true              # each of its assertions begins one session
//   facebook: { apps: { '1234': its-app-secret } }
//   amazon: { apps: [amzn1.application.abc] }
//   google: { issuer: https://accounts.google.com }
import { BadSettings } from './load.ts'
import { readYaml, textOf, type YamlNode } from './yaml-file.ts'
import { type MemberReaders, memberReaders, type Section } from './yaml-members.ts'

export interface ProviderEntry {
  readonly issuer: string
  readonly account: string
  /** A file's name as the operator wrote it, like `keys`. */
  readonly ca?: string
  readonly keys?: string
  readonly allow?: readonly string[]
  readonly claims?: 'all' | readonly string[]
}

/** A provider that AWS and Hallpass have built in. */
export interface BuiltInEntry {
  readonly ca?: string
  readonly allow?: readonly string[]
}

export interface OauthEntry extends BuiltInEntry {
  /** Base URL of its API. */
  readonly endpoint?: string
  /** App ids and their secrets; the secret is empty except for Facebook's. */
  readonly apps: ReadonlyMap<string, string>
}

/** A SAML provider, and what counts of it that usually does not. */
export interface SamlEntry {
  /** Its ARN. */
  readonly provider: string
  readonly sha1: boolean
  readonly responseSignature: boolean
  readonly oneUse: boolean
}

export interface ProvidersFile {
  readonly providers: readonly ProviderEntry[]
  readonly saml: readonly SamlEntry[]
  readonly google?: BuiltInEntry & { readonly issuer?: string }
  readonly facebook?: OauthEntry
  readonly amazon?: OauthEntry
  /** `file:line:column: member` of an entry's member, for problems that later checks find. */
  readonly where: (entry: object, member: string) => string
}

/** Reads the file's text. Rejects BadSettings with every problem. */
export async function readProvidersFile(file: {
  readonly name: string
  readonly text: string
}): Promise<ProvidersFile> {
  const { contents, problems, report } = await readYaml(file.name, file.text)
  const emptyFile: YamlNode = { kind: 'mapping', at: `${file.name}:1:1`, pairs: [] }
  const read = memberReaders(report)
  const sections = new Map<object, Section>()
  const track = <T extends object>(entry: T, section: Section): T => {
    sections.set(entry, section)
    return entry
  }
  const whole = read.section('', contents ?? emptyFile, ['providers', 'saml', 'google', 'facebook', 'amazon'])
  const providers = read.items(whole, 'providers').map((node, at) => {
    const section = read.section(`providers[${at}]`, node, ['issuer', 'account', 'ca', 'keys', 'allow', 'claims'])
    return track(entryOf(read, section), section)
  })
  const seen = new Set<string>()
  for (const [at, entry] of providers.entries()) {
    const { issuer, account } = entry
    const place = sections.get(entry)?.at ?? file.name
    if (seen.has(`${account} ${issuer}`))
      report(place, `providers[${at}].issuer: ${issuer} of ${account} appears twice`)
    if (issuer !== '') seen.add(`${account} ${issuer}`)
  }
  const saml = read.items(whole, 'saml').map((node, at) => {
    const section = read.section(`saml[${at}]`, node, ['provider', 'sha1', 'response-signature', 'one-use'])
    return track(samlOf(read, section), section)
  })
  for (const [at, entry] of saml.entries()) {
    const first = saml.findIndex(({ provider }) => provider === entry.provider)
    if (entry.provider !== '' && first < at)
      report(sections.get(entry)?.at ?? file.name, `saml[${at}].provider: ${entry.provider} appears twice`)
  }
  const builtIn = <T extends object>(name: string, members: readonly string[], make: Make<T>): T | undefined => {
    const member = whole.members.get(name)
    if (member === undefined) return undefined
    const section = read.section(name, member.value, members)
    return track(make(read, section), section)
  }
  const google = builtIn('google', ['issuer', 'ca', 'allow'], googleOf)
  const facebook = builtIn('facebook', ['endpoint', 'apps', 'ca', 'allow'], facebookOf)
  const amazon = builtIn('amazon', ['endpoint', 'apps', 'ca', 'allow'], amazonOf)
  if (problems.length > 0) throw new BadSettings(problems)
  return {
    ...{ providers, saml },
    ...(google === undefined ? {} : { google }),
    ...(facebook === undefined ? {} : { facebook }),
    ...(amazon === undefined ? {} : { amazon }),
    where(entry, member) {
      const { at = file.name, path = '', members } = sections.get(entry) ?? {}
      return `${members?.get(member)?.at ?? at}: ${path}.${member}`
    },
  }
}

function entryOf(read: MemberReaders, section: Section): ProviderEntry {
  const issuer = read.url(section, 'issuer', 'must') ?? ''
  const account = read.text(section, 'account', 'must') ?? ''
  if (account !== '' && !/^\d{12}$/.test(account)) read.wrong(section, 'account', '12 digits, in quotes')
  const keys = read.text(section, 'keys')
  const node = section.members.get('claims')?.value
  const claims = node !== undefined && textOf(node) === 'all' ? ('all' as const) : read.texts(section, 'claims')
  return {
    ...{ issuer, account, ...commonOf(read, section) },
    ...(keys === undefined ? {} : { keys }),
    ...(claims === undefined ? {} : { claims }),
  }
}

const samlArn = /^arn:aws:iam::\d{12}:saml-provider\/[\w._-]{1,128}$/

function samlOf(read: MemberReaders, section: Section): SamlEntry {
  const provider = read.text(section, 'provider', 'must') ?? ''
  if (provider !== '' && !samlArn.test(provider)) read.wrong(section, 'provider', 'the ARN of a SAML provider')
  return {
    provider,
    sha1: read.choice(section, 'sha1'),
    responseSignature: read.choice(section, 'response-signature'),
    oneUse: read.choice(section, 'one-use'),
  }
}

type Make<T> = (read: MemberReaders, section: Section) => T

function googleOf(read: MemberReaders, section: Section): BuiltInEntry & { readonly issuer?: string } {
  const issuer = read.url(section, 'issuer')
  return { ...commonOf(read, section), ...(issuer === undefined ? {} : { issuer }) }
}

function facebookOf(read: MemberReaders, section: Section): OauthEntry {
  const apps = new Map<string, string>()
  const member = section.members.get('apps')
  if (member !== undefined) {
    const listed = read.section('facebook.apps', member.value)
    for (const id of listed.members.keys()) apps.set(id, read.text(listed, id) ?? '')
  }
  return oauthOf(read, section, apps)
}

const amazonOf = (read: MemberReaders, section: Section): OauthEntry =>
  oauthOf(read, section, new Map((read.texts(section, 'apps') ?? []).map((id) => [id, ''])))

function oauthOf(read: MemberReaders, section: Section, apps: ReadonlyMap<string, string>): OauthEntry {
  const endpoint = read.url(section, 'endpoint')
  if (apps.size === 0) read.wrong(section, 'apps', 'at least one app')
  return { ...commonOf(read, section), ...(endpoint === undefined ? {} : { endpoint }), apps }
}

function commonOf(read: MemberReaders, section: Section): BuiltInEntry {
  const ca = read.text(section, 'ca')
  const allow = read.ranges(section, 'allow')
  return { ...(ca === undefined ? {} : { ca }), ...(allow === undefined ? {} : { allow }) }
}
