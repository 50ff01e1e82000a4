// Every page of signing in at a provider: where a sign-in begins, whatever the connector's kind, and where it comes back.
import type { Page } from '../pages/page.ts'
import { nextField } from './next.ts'
import { beginOidc, oidcPages } from './oidc.ts'
import { afreshField, startPath } from './parts.ts'
import { providerPage } from './provider-page.ts'
import { nextOf, type ProviderParts } from './provider-parts.ts'
import { beginSaml, samlConnectorPages } from './saml.ts'

export function providerPages(parts: ProviderParts): readonly Page[] {
  return [
    providerPage(parts, startPath, ['oidc', 'saml'], async ({ exchange, query, now }, connector) => {
      const how = { next: nextOf(parts, query.get(nextField), now), isAfresh: query.has(afreshField) }
      return connector.kind === 'oidc'
        ? beginOidc(parts, exchange, connector, how, now)
        : beginSaml(parts, exchange, connector, how, now)
    }),
    ...oidcPages(parts),
    ...samlConnectorPages(parts),
  ]
}
