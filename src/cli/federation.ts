// Puts federation together from the settings: how documents are fetched, which providers the operator says more of.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BadSettings } from '../config/load.ts'
import { type ProvidersFile, readProvidersFile } from '../config/providers-file.ts'
import type { Settings } from '../config/settings.ts'
import { createFetch, type Trust } from '../federation/fetch.ts'
import { createInspector, type OauthSettings } from '../federation/oauth/inspect.ts'
import { readKeys } from '../federation/oidc/jwks.ts'
import { createKeySource } from '../federation/oidc/key-source.ts'
import { type Reach, reachOf } from '../federation/reach.ts'
import { createLoginVerifier } from '../service/cognito-identity/login-verifier.ts'
import type { LoginVerifier } from '../service/cognito-identity/logins.ts'
import { isOwnIssuer } from '../service/outbound/issuers.ts'
import {
  type BuiltIn,
  createWebIdentity,
  googleProvider,
  type WebIdentity,
} from '../service/web-identity/web-identity.ts'
import type { Store } from '../store/store.ts'

export interface FederationOptions {
  readonly settings: Settings
  /** Development: this machine's own addresses may be fetched from. */
  readonly loopback: boolean
}

/** Federation as the settings have it, over whichever store, with the built-in providers of this server itself. */
export type Federation = (over: {
  readonly store: Store
  readonly clock: () => Date
  readonly builtIns: readonly BuiltIn[]
}) => { readonly webIdentity: WebIdentity; readonly logins: LoginVerifier }

const loopbackRanges = ['127.0.0.0/8', '::1/128']

/** @throws BadSettings for a providers file that cannot be used. */
export async function readFederation({ settings, loopback }: FederationOptions): Promise<Federation> {
  const problems: string[] = []
  const name = settings['providers-file']
  const file: ProvidersFile =
    name === undefined ? { providers: [] } : await readProvidersFile({ name, text: textOf(name, 'providers-file') })
  const common = settings['fetch-allow'] ?? []
  const reach = (at: string, allow: readonly string[] | undefined): Reach => {
    try {
      return reachOf([...common, ...(loopback ? loopbackRanges : []), ...(allow ?? [])])
    } catch (error) {
      problems.push(`${at}: ${error instanceof Error ? error.message : error}`)
      return () => false
    }
  }
  const beside = (path: string, at: string) => textOf(resolve(dirname(name ?? '.'), path), at)
  const trust = (at: string, one: { readonly ca?: string; readonly allow?: readonly string[] } | undefined): Trust => ({
    reach: reach(at, one?.allow),
    ...(one?.ca === undefined ? {} : { ca: [beside(one.ca, `${at}.ca`)] }),
  })
  const oauth = (at: 'facebook' | 'amazon', endpoint: string): OauthSettings | undefined => {
    const one = file[at]
    return one && { endpoint: one.endpoint ?? endpoint, apps: one.apps, trust: trust(at, one) }
  }
  const providers = file.providers.map((one, index) => {
    const at = `${name}: providers[${index}]`
    const keys = one.keys === undefined ? undefined : beside(one.keys, `${at}.keys`)
    const known = keys === undefined ? undefined : readKeys(Buffer.from(keys))
    if (known !== undefined && 'problem' in known) problems.push(`${at}.keys: ${known.problem}`)
    const { issuer, account, claims } = one
    return { issuer, account, claims, keys, ...trust(at, one) }
  })
  const fetch = createFetch()
  const verifying = { keys: createKeySource({ fetch }), skewSeconds: settings['clock-skew'] }
  const google = { issuer: file.google?.issuer ?? 'https://accounts.google.com', trust: trust('google', file.google) }
  const inspector = createInspector(fetch, {
    'graph.facebook.com': oauth('facebook', 'https://graph.facebook.com'),
    'www.amazon.com': oauth('amazon', 'https://api.amazon.com'),
  })
  const everywhere = reach('fetch-allow', undefined)
  if (problems.length > 0) throw new BadSettings(problems)
  const isOwn = (issuer: string) => isOwnIssuer(settings['public-url']?.replace(/\/+$/, ''), issuer)
  return ({ store, clock, builtIns: own }) => {
    const builtIns = [googleProvider(google, verifying), ...own]
    const over = { store, clock, ...verifying, fetch, inspector, reach: everywhere }
    const webIdentity = createWebIdentity({ ...over, providers, builtIns, isOwn })
    return { webIdentity, logins: createLoginVerifier({ webIdentity, inspector, google, verifying }) }
  }
}

function textOf(path: string, at: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new BadSettings([`${at}: ${path} cannot be read: ${error instanceof Error ? error.message : error}`])
  }
}
