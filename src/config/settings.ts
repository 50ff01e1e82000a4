// Every setting of the server in one table: its flag, its environment variable, its key in the YAML file, its
// documentation. `--tls-cert`, `HALLPASS_TLS_CERT` and `tls-cert:` are one row; docs/settings.md is written from it.
import { type Check, checks } from './checks.ts'

export type Kind = 'text' | 'path' | 'number' | 'switch' | 'list' | 'secret' | 'address'

export interface Setting {
  readonly kind: Kind
  /** What holds when nothing is said. Absent: the setting is off. */
  readonly standard?: string | number | boolean
  /** One sentence, for `--help` and the docs. */
  readonly says: string
  /** Shown after the flag: `--data DIR`. */
  readonly value?: string
  /** Smallest and largest number. */
  readonly range?: readonly [number, number]
  /** What must hold of a text beyond its kind; in a list, of each. */
  readonly check?: Check
  /** Taken from the environment or a file alone: arguments are readable by every user of the machine. */
  readonly noFlag?: true
}

export const settings = {
  data: {
    kind: 'path',
    standard: './.hallpass',
    value: 'DIR',
    says: 'Folder of the master key, the root credentials and the admin socket, and of the store unless `store` says otherwise.',
  },
  store: {
    kind: 'text',
    standard: 'sqlite:',
    check: checks.storeUrl,
    value: 'URL',
    says: 'Where records are kept, by kind. `sqlite:` is one file in the data folder.',
  },
  listen: {
    kind: 'address',
    standard: '127.0.0.1:4600',
    value: 'HOST:PORT',
    says: 'Where the APIs are served. Beyond loopback it takes TLS or trusted proxies.',
  },
  'public-url': {
    kind: 'text',
    check: checks.publicUrl,
    value: 'URL',
    says: 'The URL people and identity providers know this server by. Its host serves pages, never APIs.',
  },
  'api-names': {
    kind: 'list',
    check: checks.apiName,
    value: 'NAME,…',
    says: 'Host names the APIs answer under (`*.name` allowed). Without it: every name but that of the public URL.',
  },
  'signin-names': {
    kind: 'list',
    check: checks.apiName,
    value: 'NAME,…',
    says: 'Host names (`*.name` allowed) that stand for the sign-in endpoint where tools have another in them, as `signin.aws.amazon.com`: they give out sign-in tokens, and lead browsers to the public URL.',
  },
  'console-idle-minutes': {
    kind: 'number',
    standard: 30,
    range: [5, 720],
    value: 'MINUTES',
    says: 'How long a console session lasts that nobody uses.',
  },
  regions: {
    kind: 'list',
    check: checks.region,
    value: 'REGION,…',
    says: 'Regions a signature may be scoped to. Without it: any.',
  },
  'tls-cert': {
    kind: 'path',
    value: 'FILE',
    says: 'Certificate chain (PEM). Read again when the file changes, and on SIGHUP.',
  },
  'tls-key': { kind: 'path', value: 'FILE', says: 'Private key of the certificate (PEM).' },
  'trusted-proxies': {
    kind: 'list',
    check: checks.proxy,
    value: 'CIDR,…',
    says: 'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.',
  },
  'metrics-listen': {
    kind: 'address',
    value: 'HOST:PORT',
    says: 'Where Prometheus may read /metrics. They are always on the admin socket.',
  },
  'master-key-file': {
    kind: 'path',
    value: 'FILE',
    says: 'File of the master key (32 bytes, base64, mode 0600). Without it: `master.key` in the data folder, made at first start.',
  },
  'master-key': {
    kind: 'secret',
    check: checks.masterKey,
    noFlag: true,
    value: 'BASE64',
    says: 'The master key itself, for key stores that hand secrets over as environment variables.',
  },
  'root-account-id': {
    kind: 'text',
    check: checks.accountId,
    value: 'ID',
    says: 'Account id of the first account, 12 digits. Without it: random, at first start.',
  },
  'root-access-key-id': {
    kind: 'text',
    check: checks.rootKeyId,
    value: 'AKIA…',
    says: "Access key id of the first account's root; it must carry the account.",
  },
  'root-secret-access-key': {
    kind: 'secret',
    check: checks.rootSecret,
    noFlag: true,
    value: 'SECRET',
    says: 'Its secret, 40 characters.',
  },
  'body-limit': {
    kind: 'number',
    standard: 1_048_576,
    range: [1024, 67_108_864],
    value: 'BYTES',
    says: 'Longest body of an API request.',
  },
  'rate-per-address': {
    kind: 'number',
    standard: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Requests a second that one address may make (burst: four seconds of it).',
  },
  'rate-per-provider': {
    kind: 'number',
    standard: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Verified tokens a second that one identity provider may vouch for (burst: four seconds of it), from one address a fourth of it.',
  },
  'rate-per-pool': {
    kind: 'number',
    standard: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Unsigned calls a second that one identity pool answers to who signed in, and as many to guests (burst: four seconds of it); to one address a fourth of it.',
  },
  'rate-per-key': {
    kind: 'number',
    standard: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Requests a second that one access key may make (burst: four seconds of it).',
  },
  'providers-file': {
    kind: 'path',
    value: 'FILE',
    says: 'YAML file about private identity providers (CA bundle, uploaded keys, claims), and Google, Facebook and Amazon.',
  },
  'fetch-allow': {
    kind: 'list',
    check: checks.range,
    value: 'CIDR,…',
    says: 'Addresses, beside public ones, from which documents of identity providers may be fetched.',
  },
  'clock-skew': {
    kind: 'number',
    standard: 60,
    range: [0, 300],
    value: 'SECONDS',
    says: "How far an identity provider's clock may be off.",
  },
  quotas: {
    kind: 'list',
    check: checks.quota,
    value: 'NAME=N,…',
    says: 'Other numbers than AWS’s default quotas, as `RolesPerAccount=5000`; for one account, `ACCOUNT:NAME=N`. docs/settings.md lists them. In the file also a mapping.',
  },
  'audit-days': {
    kind: 'number',
    standard: 90,
    // The session index is rebuilt from the audit: two days hold the longest session, 36 hours.
    range: [2, 3650],
    value: 'DAYS',
    says: 'How long audit records are kept in the store; refusals of strangers, a week at most.',
  },
  'guest-identity-days': {
    kind: 'number',
    range: [1, 3650],
    value: 'DAYS',
    says: 'Guests of identity pools that nobody used for so many days are removed. Without it: never.',
  },
  'audit-guests': {
    kind: 'number',
    standard: 1024,
    range: [1, 1_048_576],
    value: 'MIB',
    says: "MiB of audit records a day that one account's guests (and logins that everybody can have) may cause; beyond, they are throttled.",
  },
  'audit-folder': {
    kind: 'path',
    value: 'DIR',
    says: 'Folder that receives the audit records as JSON lines, a file a day.',
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof settings

type ValueOf<S extends Setting> = S['kind'] extends 'number'
  ? number
  : S['kind'] extends 'switch'
    ? boolean
    : S['kind'] extends 'list'
      ? readonly string[]
      : S['kind'] extends 'address'
        ? Address
        : string

export interface Address {
  readonly host: string
  readonly port: number
}

/** The settings of one server; what is off is undefined. */
export type Settings = {
  readonly [N in SettingName]:
    | ValueOf<(typeof settings)[N]>
    | ((typeof settings)[N] extends { readonly standard: string | number | boolean } ? never : undefined)
}

export const settingNames = Object.keys(settings) as readonly SettingName[]

/** `tls-cert` → `HALLPASS_TLS_CERT`. */
export const environmentName = (name: SettingName) => `HALLPASS_${name.toUpperCase().replaceAll('-', '_')}`
