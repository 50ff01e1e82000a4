// The file about identity providers: what AWS's API has no members for. Private authorities, uploaded keys, addresses and
// claims of single providers, by issuer and account; and the apps of Google, Facebook and Login with Amazon.
//
//   providers:
//     - issuer: https://keycloak.corp.example:8443/realms/main
//       account: '111122223333'
//       ca: corp-ca.pem            # beside this file; these authorities instead of the public ones
//       keys: keycloak.jwks.json   # uploaded: then nothing is fetched
//       allow: [10.0.0.0/8]        # where its servers may be
//       claims: [groups, email]    # or `all`: further claims as `<provider>:<claim>` in trust policies
//   facebook: { apps: { '1234': its-app-secret } }
//   amazon: { apps: [amzn1.application.abc] }
//   google: { issuer: https://accounts.google.com }
import { BadSettings } from './load.ts'

export interface ProviderEntry {
  readonly issuer: string
  readonly account: string
  /** Names of files, as written. */
  readonly ca?: string
  readonly keys?: string
  readonly allow?: readonly string[]
  readonly claims?: 'all' | readonly string[]
}

/** A provider that is built in. */
export interface BuiltInEntry {
  readonly ca?: string
  readonly allow?: readonly string[]
}

export interface OauthEntry extends BuiltInEntry {
  /** Base URL of its API. */
  readonly endpoint?: string
  /** App ids; Facebook's, each with its secret. */
  readonly apps: ReadonlyMap<string, string>
}

export interface ProvidersFile {
  readonly providers: readonly ProviderEntry[]
  readonly google?: BuiltInEntry & { readonly issuer?: string }
  readonly facebook?: OauthEntry
  readonly amazon?: OauthEntry
}

/** Reads the file's text. @throws BadSettings with every problem found */
export async function readProvidersFile(file: {
  readonly name: string
  readonly text: string
}): Promise<ProvidersFile> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(file.text, { uniqueKeys: true })
  const problems = document.errors.map(({ message }) => `${file.name}: ${message.split('\n')[0]}`)
  if (problems.length > 0) throw new BadSettings(problems)
  const read = reading(file.name, problems)
  const whole = read.object('', document.toJS() ?? {}, ['providers', 'google', 'facebook', 'amazon'])
  const providers = read.list('providers', whole.providers).map((one, at) => entryOf(read, `providers[${at}]`, one))
  const seen = new Set<string>()
  for (const { issuer, account } of providers) {
    if (seen.has(`${account} ${issuer}`)) problems.push(`${file.name}: ${issuer} of ${account} stands twice`)
    seen.add(`${account} ${issuer}`)
  }
  const google = whole.google === undefined ? undefined : googleOf(read, whole.google)
  const facebook = whole.facebook === undefined ? undefined : oauthOf(read, 'facebook', whole.facebook)
  const amazon = whole.amazon === undefined ? undefined : oauthOf(read, 'amazon', whole.amazon)
  if (problems.length > 0) throw new BadSettings(problems)
  return {
    providers,
    ...(google === undefined ? {} : { google }),
    ...(facebook === undefined ? {} : { facebook }),
    ...(amazon === undefined ? {} : { amazon }),
  }
}

function entryOf(read: Reading, at: string, value: unknown): ProviderEntry {
  const one = read.object(at, value, ['issuer', 'account', 'ca', 'keys', 'allow', 'claims'])
  const issuer = read.text(`${at}.issuer`, one.issuer) ?? read.missing(`${at}.issuer`)
  const account = read.text(`${at}.account`, one.account) ?? read.missing(`${at}.account`)
  if (account !== '' && !/^\d{12}$/.test(account)) read.wrong(`${at}.account`, '12 digits, in quotes')
  if (issuer !== '' && !/^https?:\/\//.test(issuer)) read.wrong(`${at}.issuer`, 'a URL')
  const keys = read.text(`${at}.keys`, one.keys)
  const claims = one.claims === 'all' ? ('all' as const) : read.texts(`${at}.claims`, one.claims)
  return {
    ...{ issuer, account, ...commonOf(read, at, one) },
    ...(keys === undefined ? {} : { keys }),
    ...(claims === undefined ? {} : { claims }),
  }
}

function googleOf(read: Reading, value: unknown) {
  const one = read.object('google', value, ['issuer', 'ca', 'allow'])
  const issuer = read.text('google.issuer', one.issuer)
  return { ...commonOf(read, 'google', one), ...(issuer === undefined ? {} : { issuer }) }
}

function oauthOf(read: Reading, at: 'facebook' | 'amazon', value: unknown): OauthEntry {
  const one = read.object(at, value, ['endpoint', 'apps', 'ca', 'allow'])
  const endpoint = read.text(`${at}.endpoint`, one.endpoint)
  if (endpoint !== undefined && !URL.canParse(endpoint)) read.wrong(`${at}.endpoint`, 'a URL')
  const apps = new Map<string, string>()
  if (at === 'amazon') for (const id of read.texts('amazon.apps', one.apps) ?? []) apps.set(id, '')
  else {
    for (const [id, secret] of Object.entries(read.object('facebook.apps', one.apps ?? {}))) {
      apps.set(id, read.text(`facebook.apps.${id}`, secret) ?? '')
    }
  }
  if (apps.size === 0) read.wrong(`${at}.apps`, 'at least one app')
  return { ...commonOf(read, at, one), ...(endpoint === undefined ? {} : { endpoint }), apps }
}

function commonOf(read: Reading, at: string, one: Readonly<Record<string, unknown>>): BuiltInEntry {
  const ca = read.text(`${at}.ca`, one.ca)
  const allow = read.texts(`${at}.allow`, one.allow)
  return { ...(ca === undefined ? {} : { ca }), ...(allow === undefined ? {} : { allow }) }
}

type Reading = ReturnType<typeof reading>

/** Readers of single values: each notes what is wrong and answers something harmless. */
function reading(name: string, problems: string[]) {
  const wrong = (at: string, wanted: string) => void problems.push(`${name}: ${at}: must be ${wanted}`)
  return {
    wrong,
    missing(at: string): string {
      wrong(at, 'given')
      return ''
    },
    object(at: string, value: unknown, known?: readonly string[]): Readonly<Record<string, unknown>> {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        wrong(at === '' ? 'the file' : at, 'a mapping')
        return {}
      }
      for (const key of Object.keys(value)) {
        if (known !== undefined && !known.includes(key))
          problems.push(`${name}: ${at}${at && '.'}${key}: no such setting`)
      }
      return value as Readonly<Record<string, unknown>>
    },
    list(at: string, value: unknown): readonly unknown[] {
      if (value === undefined || value === null) return []
      if (Array.isArray(value)) return value
      wrong(at, 'a list')
      return []
    },
    text(at: string, value: unknown): string | undefined {
      if (value === undefined) return undefined
      if (typeof value === 'string' && value !== '') return value
      wrong(at, 'a text')
      return undefined
    },
    texts(at: string, value: unknown): readonly string[] | undefined {
      if (value === undefined) return undefined
      if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
      wrong(at, 'a list of texts')
      return undefined
    },
  }
}
