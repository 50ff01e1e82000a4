// Puts together what programs of people ask: the OAuth endpoints of `hallpass login`, and the broker's API.
import { brokerApiPages } from '../server/broker/api.ts'
import type { BrokerApiParts } from '../server/broker/api-parts.ts'
import { oauthPages } from '../server/oauth/pages.ts'
import type { Page } from '../server/pages/page.ts'
import type { PeopleParts } from '../server/people/parts.ts'
import { createDeviceGrants } from '../service/people/oauth/device-grants.ts'
import { createOauthGrants } from '../service/people/oauth/oauth-grants.ts'
import { createOauthTokens } from '../service/people/oauth/oauth-tokens.ts'
import type { Serving } from './serving.ts'

export function peoplePrograms(
  { engine, apiUrl }: Pick<Serving, 'engine' | 'apiUrl'>,
  parts: PeopleParts,
  more: Pick<BrokerApiParts, 'codeFlows' | 'samlPeople' | 'signInTokens'>,
): readonly Page[] {
  const { store, random, people } = parts
  const { signIns } = people
  const tokens = createOauthTokens({ store, random, signIns, vault: engine.parts.vault })
  const options = { store, random, tokens, signIns }
  return [
    ...oauthPages({
      ...{ ...parts, tokens },
      grants: createOauthGrants(options),
      devices: createDeviceGrants(options),
    }),
    ...brokerApiPages({ ...parts, ...more, tokens, apiUrl }),
  ]
}
