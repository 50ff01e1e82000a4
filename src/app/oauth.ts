// Puts the OAuth endpoints of `hallpass login` together.
import { oauthPages } from '../server/oauth/pages.ts'
import type { OauthParts } from '../server/oauth/parts.ts'
import type { Page } from '../server/pages/page.ts'
import type { PeopleParts } from '../server/people/parts.ts'
import { createDeviceGrants } from '../service/people/device-grants.ts'
import { createOauthGrants } from '../service/people/oauth-grants.ts'
import { createOauthTokens } from '../service/people/oauth-tokens.ts'
import type { Serving } from './serving.ts'

/** Access and refresh tokens of command lines: what the broker's API knows their people by. */
export const commandLineTokens = ({ engine }: Pick<Serving, 'engine'>) => {
  const { vault, random } = engine.parts
  return createOauthTokens({ store: engine.store, vault, signIns: engine.people.signIns, random })
}

export function oauth(serving: Serving, parts: Omit<PeopleParts, 'broker'>): readonly Page[] {
  const { store, random, people } = parts
  const tokens = commandLineTokens(serving)
  const options = { store, random, tokens, signIns: people.signIns }
  const made: OauthParts = {
    ...{ ...parts, tokens },
    grants: createOauthGrants(options),
    devices: createDeviceGrants(options),
  }
  return oauthPages(made)
}
