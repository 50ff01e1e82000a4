// The sign-in endpoint under names that tools have in them (`signin.aws.amazon.com`), where an operator gives them by DNS and
// certificate. INVARIANT: no cookie is read or set there: a sign-in token is given out, and browsers are led to the public URL.
import type { Handler, Reply } from '../exchange.ts'
import { createPages, type PagesOptions } from '../pages/router.ts'
import { pathIn, siteOf } from '../pages/site.ts'
import { federationPath } from './destinations.ts'
import { endpoint, type FederationAction, type FederationParts, getSignInTokenAction, oauthPath } from './pages.ts'

/** `publicUrl` is where browsers are led. */
export function signInAlias(parts: FederationParts, options: Omit<PagesOptions, 'pages'>): Handler {
  const { publicUrl } = options
  const site = siteOf(publicUrl)
  const leads = (path: string): FederationAction => ({
    methods: ['GET'],
    async answer({ query }): Promise<Reply> {
      return { status: 302, headers: ['Location', `${site.origin}${pathIn(site, path)}?${query}`], body: '' }
    },
  })
  const signIn = leads(federationPath)
  return createPages({
    ...options,
    // These names have no path of their own.
    publicUrl: site.origin,
    pages: [
      endpoint(federationPath, { getSigninToken: getSignInTokenAction(parts), login: signIn, logout: signIn }),
      endpoint(oauthPath, { logout: leads(oauthPath) }),
    ],
  })
}
