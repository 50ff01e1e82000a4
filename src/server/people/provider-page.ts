// A page on the way to a provider and back, which a browser opens.
import type { Connector } from '../../service/contracts/people-table.ts'
import { connectorOfKind } from '../../service/people/table/named.ts'
import type { Reply } from '../exchange.ts'
import { isNavigation } from '../pages/navigation.ts'
import { type PageRequest, type ReadPage, text } from '../pages/page.ts'
import type { ProviderParts } from './provider-parts.ts'

/** `path`: of a connector by its name. There is no such page for a connector of another kind. */
export const providerPage = <Kind extends Connector['kind']>(
  { people }: Pick<ProviderParts, 'people'>,
  path: (connector: string) => string,
  kinds: readonly Kind[],
  answer: (request: PageRequest, connector: Extract<Connector, { readonly kind: Kind }>) => Promise<Reply>,
): ReadPage => ({
  method: 'GET',
  path: path(':connector'),
  async handle(request) {
    const connector = connectorOfKind(await people.table(), request.params.connector, ...kinds)
    if (connector === undefined) return undefined
    if (!isNavigation(request.exchange)) return text(403, 'A sign-in is a page that a browser opens.')
    return answer(request, connector)
  },
})
