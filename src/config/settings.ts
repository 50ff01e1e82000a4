// Every setting of the server in one table: its flag, its environment variable, its key in the YAML file, its
// documentation. `--tls-cert`, `HALLPASS_TLS_CERT` and `tls-cert:` are one row; docs/settings.md is generated from it.
import { type Check, checks } from './checks.ts'

export type Kind = 'text' | 'path' | 'number' | 'switch' | 'list' | 'secret' | 'address'

export interface Setting {
  readonly kind: Kind
  /** Its value when nobody gives it. Absent: then the setting is off. */
  readonly default?: string | number | boolean
  /** One sentence, for `--help` and the docs. */
  readonly says: string
  /** The name of its value in help: `--data DIR`. */
  readonly value?: string
  /** Smallest and largest number. */
  readonly range?: readonly [number, number]
  /** What a string must satisfy beyond its kind; in a list, each one. */
  readonly check?: Check
  /** Accepted only from the environment or a file: every user of the machine can read arguments. */
  readonly noFlag?: true
}

export const settings = {
  data: {
    kind: 'path',
    default: './.hallpass',
    value: 'DIR',
    says: 'Folder of the master key, the root credentials and the admin socket, and of the store unless `store` names another place.',
  },
  store: {
    kind: 'text',
    default: 'sqlite:',
    check: checks.storeUrl,
    value: 'URL',
    says: 'The kind and place of the store. `sqlite:` is one file in the data folder; `postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE` a database for any number of servers.',
  },
  'store-password': {
    kind: 'secret',
    noFlag: true,
    value: 'PASSWORD',
    says: 'The password of the store’s user, for a database that asks for one. No URL may hold it.',
  },
  listen: {
    kind: 'address',
    default: '127.0.0.1:4600',
    value: 'HOST:PORT',
    says: 'The address to listen on. Beyond loopback it requires TLS or trusted proxies.',
  },
  'public-url': {
    kind: 'text',
    check: checks.publicUrl,
    value: 'URL',
    says: 'The URL by which people and identity providers reach this server. Its host serves pages, never APIs.',
  },
  'issuer-url': {
    kind: 'text',
    check: checks.issuerUrl,
    value: 'URL',
    says: 'The https URL under which the documents of the broker’s issuer are published (`hallpass issuer export`), for targets that cannot reach this server. Without it: below the public URL.',
  },
  'api-names': {
    kind: 'list',
    check: checks.apiName,
    value: 'NAME,…',
    says: 'Host names under which the APIs answer (`*.name` allowed). Without it: every name except that of the public URL.',
  },
  'api-url': {
    kind: 'text',
    check: checks.publicUrl,
    value: 'URL',
    says: 'The URL of the APIs for programs of people, which the console’s credentials name. Without it: the first of `api-names` under the scheme and port of the public URL.',
  },
  'signin-names': {
    kind: 'list',
    check: checks.apiName,
    value: 'NAME,…',
    says: 'Host names (`*.name` allowed) of the sign-in endpoint for tools with a built-in name, such as `signin.aws.amazon.com`. There it issues sign-in tokens, and redirects browsers to the public URL.',
  },
  'console-idle-minutes': {
    kind: 'number',
    default: 30,
    range: [5, 720],
    value: 'MINUTES',
    says: 'How long an unused console session lasts.',
  },
  'people-check-minutes': {
    kind: 'number',
    default: 2,
    range: [1, 60],
    value: 'MINUTES',
    says: 'How often connectors are asked again about people who are signed in, though nothing is renewed.',
  },
  'people-failures-per-network': {
    kind: 'number',
    default: 20,
    range: [1, 100_000],
    value: 'N',
    says: 'How many attempts to sign in at a directory may fail from one address (IPv6: its /64), over all logins, in the time by which the connector counts attempts (15 minutes). More where many people share an address.',
  },
  regions: {
    kind: 'list',
    check: checks.region,
    value: 'REGION,…',
    says: 'Regions to which a signature may be scoped. Without it: any.',
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
    says: 'Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted.',
  },
  'metrics-listen': {
    kind: 'address',
    value: 'HOST:PORT',
    says: 'The address at which Prometheus may read /metrics. The admin socket always serves them.',
  },
  'master-key-file': {
    kind: 'path',
    value: 'FILE',
    says: 'File of the master key (32 bytes, base64, mode 0600). Without it: `master.key` in the data folder, which the first start makes.',
  },
  'master-key': {
    kind: 'secret',
    check: checks.masterKey,
    noFlag: true,
    value: 'BASE64',
    says: 'The master key itself, for secret stores that provide environment variables.',
  },
  'root-account-id': {
    kind: 'text',
    check: checks.accountId,
    value: 'ID',
    says: 'Account id of the first account, 12 digits. Without it the first start draws one.',
  },
  'root-access-key-id': {
    kind: 'text',
    check: checks.rootKeyId,
    value: 'AKIA…',
    says: "Access key id of the first account's root; it must contain the account id.",
  },
  'root-secret-access-key': {
    kind: 'secret',
    check: checks.rootSecret,
    noFlag: true,
    value: 'SECRET',
    says: "Secret access key of the first account's root, 40 characters.",
  },
  'body-limit': {
    kind: 'number',
    default: 1_048_576,
    range: [1024, 67_108_864],
    value: 'BYTES',
    says: 'Longest body of an API request.',
  },
  'rate-per-address': {
    kind: 'number',
    default: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Requests a second that one address may make (burst: four seconds’ worth).',
  },
  'rate-per-provider': {
    kind: 'number',
    default: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Verified tokens a second from one identity provider (burst: four seconds’ worth); a fourth of it from one address.',
  },
  'rate-per-pool': {
    kind: 'number',
    default: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Unsigned calls a second that one identity pool answers to signed-in identities, and as many to guests (burst: four seconds’ worth); a fourth of it to one address.',
  },
  'rate-per-key': {
    kind: 'number',
    default: 500,
    range: [1, 1_000_000],
    value: 'N',
    says: 'Requests a second that one access key may make (burst: four seconds’ worth).',
  },
  'providers-file': {
    kind: 'path',
    value: 'FILE',
    says: 'YAML file about private identity providers (CA bundle, uploaded keys, claims), SAML providers that are old, and Google, Facebook and Amazon.',
  },
  'backends-file': {
    kind: 'path',
    value: 'FILE',
    says: 'YAML file about the servers behind the gateway: for which accounts and regions, where, and with which credentials. The files that it names are read again when they change, and on SIGHUP. Without it: no gateway.',
  },
  'fetch-allow': {
    kind: 'list',
    check: checks.range,
    value: 'CIDR,…',
    says: 'Addresses, in addition to public ones, from which documents of identity providers may be fetched.',
  },
  'clock-skew': {
    kind: 'number',
    default: 60,
    range: [0, 300],
    value: 'SECONDS',
    says: "How far an identity provider's clock may be off.",
  },
  quotas: {
    kind: 'list',
    check: checks.quota,
    value: 'NAME=N,…',
    says: 'Quotas that differ from AWS’s defaults, such as `RolesPerAccount=5000`; for one account, `ACCOUNT:NAME=N`. docs/settings.md lists them. In the file also a mapping.',
  },
  'audit-days': {
    kind: 'number',
    default: 90,
    // The session index is rebuilt from the audit: two days hold the longest session, 36 hours.
    range: [2, 3650],
    value: 'DAYS',
    says: 'How long the store keeps audit records; refusals of strangers, a week at most.',
  },
  'guest-identity-days': {
    kind: 'number',
    range: [1, 3650],
    value: 'DAYS',
    says: 'Days after which unused guests of identity pools are removed. Without it: never.',
  },
  'audit-guests': {
    kind: 'number',
    default: 1024,
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

/** The settings of one server; a setting that is off is undefined. */
export type Settings = {
  readonly [N in SettingName]:
    | ValueOf<(typeof settings)[N]>
    | ((typeof settings)[N] extends { readonly default: string | number | boolean } ? never : undefined)
}

export const settingNames = Object.keys(settings) as readonly SettingName[]

/** `tls-cert` → `HALLPASS_TLS_CERT`. */
export const environmentName = (name: SettingName) => `HALLPASS_${name.toUpperCase().replaceAll('-', '_')}`
