// Puts federation together from the settings: how documents are fetched, which providers the operator says more of.
import { dirname, resolve } from 'node:path'
import { BadSettings } from '../config/load.ts'
import { type BuiltInEntry, type ProvidersFile, readProvidersFile } from '../config/providers-file.ts'
import type { Settings } from '../config/settings.ts'
import { createFetch, type Trust } from '../federation/fetch.ts'
import { createInspector, type OauthSettings } from '../federation/oauth/inspect.ts'
import { readKeys } from '../federation/oidc/jwks.ts'
import { createKeySource } from '../federation/oidc/key-source.ts'
import type { ProofKind } from '../federation/proof.ts'
import { reachOf } from '../federation/reach.ts'
import { createLoginVerifier } from '../service/cognito-identity/identities/login-verifier.ts'
import type { LoginVerifier } from '../service/contracts/logins.ts'
import type { Saml } from '../service/contracts/saml.ts'
import type { Subjects } from '../service/contracts/subject.ts'
import type { WebIdentity } from '../service/contracts/web-identity.ts'
import { isOwnIssuer } from '../service/outbound/issuers.ts'
import type { Vault } from '../service/parts.ts'
import { createSamlProviders } from '../service/saml/providers.ts'
import { createSaml } from '../service/saml/verify.ts'
import { createWebIdentity } from '../service/web-identity/web-identity.ts'
import type { Store } from '../store/store.ts'
import { textFile } from './text-file.ts'

export interface FederationOptions {
  readonly settings: Settings
  /** Development: this machine's own addresses may be fetched from. */
  readonly loopback: boolean
}

/** Federation as the settings have it, over whichever store, with the kinds of proof that its services give themselves. */
export type Federation = (over: {
  readonly store: Store
  readonly clock: () => Date
  readonly vault: Vault
  readonly subjects: Subjects
  readonly given: readonly ProofKind[]
}) => { readonly webIdentity: WebIdentity; readonly logins: LoginVerifier; readonly saml: Saml }

const loopbackRanges = ['127.0.0.0/8', '::1/128']

const noFile: ProvidersFile = { providers: [], saml: [], where: () => '' }

/** @throws BadSettings for a providers file that cannot be used, Failure for one that is not there. */
export async function readFederation({ settings, loopback }: FederationOptions): Promise<Federation> {
  const problems: string[] = []
  const name = settings['providers-file']
  const file = name === undefined ? noFile : await readProvidersFile({ name, text: textFile(name, 'providers-file') })
  const common = [...(settings['fetch-allow'] ?? []), ...(loopback ? loopbackRanges : [])]
  /** The text of a file that an entry names, relative to the file it stands in. */
  const beside = (entry: object, member: string, path: string) =>
    textFile(resolve(dirname(name ?? '.'), path), file.where(entry, member))
  const trust = (one: BuiltInEntry = {}): Trust => ({
    reach: reachOf([...common, ...(one.allow ?? [])]),
    ...(one.ca === undefined ? {} : { ca: [beside(one, 'ca', one.ca)] }),
  })
  const oauth = (at: 'facebook' | 'amazon', endpoint: string): OauthSettings | undefined => {
    const one = file[at]
    return one && { endpoint: one.endpoint ?? endpoint, apps: one.apps, trust: trust(one) }
  }
  const providers = file.providers.map((one) => {
    const keys = one.keys === undefined ? undefined : beside(one, 'keys', one.keys)
    const known = keys === undefined ? undefined : readKeys(Buffer.from(keys))
    if (known !== undefined && 'problem' in known) problems.push(`${file.where(one, 'keys')}: ${known.problem}`)
    const { issuer, account, claims } = one
    return { issuer, account, claims, keys, ...trust(one) }
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
  const isOwn = (issuer: string) => isOwnIssuer(publicUrl, issuer)
  return ({ store, clock, vault, subjects, given }) => {
    const verifying = { keys: createKeySource({ fetch, clock }), skewSeconds }
    const saml = createSaml({
      ...{ subjects, publicUrl, skewSeconds },
      found: createSamlProviders(store, clock, vault),
      settings: file.saml,
    })
    const webIdentity = createWebIdentity({
      ...{ store, clock, fetch, inspector, google, verifying, given, providers, isOwn },
      reach: everywhere,
    })
    return { webIdentity, saml, logins: createLoginVerifier(webIdentity) }
  }
}
