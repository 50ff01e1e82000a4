// Puts federation together from the settings: how documents are fetched, and what the providers file adds about providers.
import { dirname, resolve } from 'node:path'
import { BadSettings } from '../config/load.ts'
import { type BuiltInEntry, type ProvidersFile, readProvidersFile } from '../config/providers-file.ts'
import type { Settings } from '../config/settings.ts'
import { createAsk, createFetch, type Trust } from '../federation/fetch.ts'
import { createInspector, type OauthSettings } from '../federation/oauth/inspect.ts'
import { type CodeFlows, createCodeFlows } from '../federation/oidc/code-flows.ts'
import { readKeys } from '../federation/oidc/jwks.ts'
import { createKeySource } from '../federation/oidc/key-source.ts'
import type { ProofKind } from '../federation/proof.ts'
import { reachOf } from '../federation/reach.ts'
import { createLoginVerifier } from '../service/cognito-identity/identities/login-verifier.ts'
import type { LoginVerifier } from '../service/contracts/logins.ts'
import type { Saml } from '../service/contracts/saml.ts'
import type { Subjects } from '../service/contracts/subject.ts'
import type { TokenTrust } from '../service/contracts/token-trust.ts'
import type { TokenTags, WebIdentity } from '../service/contracts/web-identity.ts'
import { isOwnIssuer } from '../service/outbound/issuers.ts'
import type { Vault } from '../service/parts.ts'
import { createSamlProviders } from '../service/saml/providers.ts'
import { createSaml } from '../service/saml/verify.ts'
import { createWebIdentity } from '../service/web-identity/web-identity.ts'
import type { Store } from '../store/store.ts'
import { textFile } from './text-file.ts'

export interface FederationOptions {
  readonly settings: Settings
  /** Development: documents may be fetched from this machine's own addresses. */
  readonly loopback: boolean
}

/** Federation by the settings, over any store; `issuedHere` are the kinds of proof that its own services issue. */
export type Federation = (over: {
  readonly store: Store
  readonly clock: () => Date
  readonly vault: Vault
  readonly subjects: Subjects
  readonly issuedHere: readonly ProofKind[]
  readonly tokenTags: TokenTags
}) => {
  readonly webIdentity: WebIdentity
  readonly logins: LoginVerifier
  readonly saml: Saml
  readonly codeFlows: CodeFlows
  readonly tokens: TokenTrust
}

const loopbackRanges = ['127.0.0.0/8', '::1/128']

const noFile: ProvidersFile = { providers: [], saml: [], where: () => '' }

/** Addresses that are fetched from beside the public's. */
export const fetchRanges = (settings: Settings, loopback: boolean): readonly string[] => [
  ...(settings['fetch-allow'] ?? []),
  ...(loopback ? loopbackRanges : []),
]

/** @throws BadSettings for mistakes in the providers file; Failure for a file that cannot be read. */
export async function readFederation({ settings, loopback }: FederationOptions): Promise<Federation> {
  const problems: string[] = []
  const name = settings['providers-file']
  const file = name === undefined ? noFile : await readProvidersFile({ name, text: textFile(name, 'providers-file') })
  const common = fetchRanges(settings, loopback)
  /** The text of a file that an entry names, relative to the providers file. */
  const beside = (entry: object, member: string, path: string) =>
    textFile(resolve(dirname(name ?? '.'), path), file.where(entry, member))
  const trust = (entry: BuiltInEntry = {}): Trust => ({
    reach: reachOf([...common, ...(entry.allow ?? [])]),
    ...(entry.ca === undefined ? {} : { ca: [beside(entry, 'ca', entry.ca)] }),
  })
  const oauth = (provider: 'facebook' | 'amazon', endpoint: string): OauthSettings | undefined => {
    const entry = file[provider]
    return entry && { endpoint: entry.endpoint ?? endpoint, apps: entry.apps, trust: trust(entry) }
  }
  const providers = file.providers.map((entry) => {
    const keys = entry.keys === undefined ? undefined : beside(entry, 'keys', entry.keys)
    const parsed = keys === undefined ? undefined : readKeys(Buffer.from(keys))
    if (parsed !== undefined && 'problem' in parsed) problems.push(`${file.where(entry, 'keys')}: ${parsed.problem}`)
    const { issuer, account, claims } = entry
    return { issuer, account, claims, keys, ...trust(entry) }
  })
  const fetch = createFetch()
  const google = { issuer: file.google?.issuer ?? 'https://accounts.google.com', trust: trust(file.google) }
  const inspector = createInspector(fetch, {
    'graph.facebook.com': oauth('facebook', 'https://graph.facebook.com'),
    'www.amazon.com': oauth('amazon', 'https://api.amazon.com'),
  })
  const everywhere = reachOf(common)
  if (problems.length > 0) throw new BadSettings(problems)
  const publicUrl = settings['public-url']?.replace(/\/+$/, '')
  const skewSeconds = settings['clock-skew']
  const issuerUrl = settings['issuer-url']?.replace(/\/+$/, '')
  const isOwn = (issuer: string) => isOwnIssuer({ publicUrl, issuerUrl }, issuer)
  return ({ store, clock, vault, subjects, issuedHere, tokenTags }) => {
    const verifying = { keys: createKeySource({ fetch, clock }), skewSeconds }
    const saml = createSaml({
      ...{ subjects, publicUrl, skewSeconds },
      providers: createSamlProviders(store, clock, vault),
      settings: file.saml,
    })
    const webIdentity = createWebIdentity({
      ...{ store, clock, fetch, inspector, google, verifying, issuedHere, providers, isOwn, tokenTags },
      reach: everywhere,
    })
    // Apart from documents, which strangers cause to be fetched; a person waits a little longer for a provider that just started.
    const codeFlows = createCodeFlows({ ask: createAsk({ timeoutMs: 10_000 }), allow: common }, verifying)
    const tokens = { ...verifying, reach: everywhere, isOwn }
    return { webIdentity, saml, codeFlows, tokens, logins: createLoginVerifier(webIdentity) }
  }
}
