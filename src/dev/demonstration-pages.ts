// The demonstration's application and its identity providers as pages of the server, each configured with the other's address.
import { assetPages } from '../server/pages/assets.ts'
import type { Page } from '../server/pages/page.ts'
import { siteOf } from '../server/pages/site.ts'
import { type AppOptions, appPages, signedInPath } from './app-pages.ts'
import { createIdentityProvider, providerPath } from './identity-provider.ts'
import { clientId, employeeRole } from './registration.ts'
import { type SamlProviderOptions, samlProviderPages } from './saml-provider.ts'

export interface DemonstrationOptions
  extends Pick<AppOptions, 'people' | 'pool' | 'shell' | 'random' | 'keepToken' | 'directoryPassword'>,
    Pick<SamlProviderOptions, 'signer' | 'uuidOnRecord'> {
  readonly publicUrl: string
  readonly clock: () => Date
  /** Reports a failure of the server itself. */
  readonly fail: (error: unknown) => void
}

/** The development identity provider's issuer, under a public URL without a slash at its end. */
export const issuerOf = (publicUrl: string) => publicUrl + providerPath

export function demonstrationPages({ publicUrl, clock, fail, ...app }: DemonstrationOptions): readonly Page[] {
  const issuer = issuerOf(publicUrl)
  const client = { id: clientId, redirect: publicUrl + signedInPath }
  const site = siteOf(publicUrl)
  const { people, random } = app
  const provider = createIdentityProvider({ issuer, site, people, client, clock, random, fail })
  const saml = samlProviderPages({
    publicUrl,
    site,
    people,
    signer: app.signer,
    uuidOnRecord: app.uuidOnRecord,
    random,
  })
  // Before the OpenID provider's pages, which take every path below theirs.
  const providers = [...saml, ...provider.pages]
  return [...assetPages, ...providers, ...appPages({ ...app, site, issuer, client, provider, role: employeeRole })]
}
