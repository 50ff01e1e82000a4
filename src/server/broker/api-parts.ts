// What the broker's API is made of.
import type { CodeFlows } from '../../federation/oidc/code-flows.ts'
import type { SignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { OauthTokens } from '../../service/people/oauth/oauth-tokens.ts'
import type { SamlPeople } from '../../service/saml/people.ts'
import type { PeopleParts } from '../people/parts.ts'

export interface BrokerApiParts
  extends Pick<PeopleParts, 'publicUrl' | 'people' | 'broker' | 'factors' | 'store' | 'refused' | 'clock' | 'wait'> {
  readonly codeFlows: CodeFlows
  readonly samlPeople: Pick<SamlPeople, 'brought'>
  /** Access tokens of command lines. */
  readonly tokens: Pick<OauthTokens, 'signInOf'>
  /** Sign-in tokens of the federation endpoint, for consoles here. */
  readonly signInTokens: Pick<SignInTokens, 'issue'>
  /** Where clients reach the APIs here; undefined: nobody said. */
  readonly apiUrl: string | undefined
}
