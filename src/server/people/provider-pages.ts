// Every page of signing in at a provider: where a sign-in begins, whatever the connector's kind, and where it comes back.
import { connectorOfKind } from '../../service/people/named.ts'
import { isNavigation } from '../pages/navigation.ts'
import { type Page, text } from '../pages/page.ts'
import { nextField } from './next.ts'
import { beginOidc, oidcPages } from './oidc.ts'
import { afreshField, startPath } from './parts.ts'
import { nextOf, type ProviderParts } from './provider-parts.ts'
import { beginSaml, samlConnectorPages } from './saml.ts'

export function providerPages(parts: ProviderParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: startPath(':connector'),
      async handle({ exchange, params, query, now }) {
        const connector = connectorOfKind(await parts.people.table(), params.connector, 'oidc', 'saml')
        if (connector === undefined) return undefined
        if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
        const how = { next: nextOf(parts, query.get(nextField), now), isAfresh: query.has(afreshField) }
        return connector.kind === 'oidc'
          ? beginOidc(parts, exchange, connector, how, now)
          : beginSaml(parts, exchange, connector, how, now)
      },
    },
    ...oidcPages(parts),
    ...samlConnectorPages(parts),
  ]
}
