// What the pages of providers as connectors are made of (OpenID Connect, SAML), and where they are.
import type { CodeFlows } from '../../federation/oidc/code-flows.ts'
import type { KeptResponses } from '../../service/console/kept-responses.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { SamlPeople } from '../../service/saml/people.ts'
import { connectorPath, type PeopleParts } from './parts.ts'

/** Below the public URL. */
export const callbackPath = (name: string) => `${connectorPath(name)}/callback`
export const consumerPath = (name: string) => `${connectorPath(name)}/saml`
export const continuePath = (name: string) => `${connectorPath(name)}/continue`
export const metadataPath = (name: string) => `${connectorPath(name)}/metadata`

export interface ProviderParts
  extends Pick<PeopleParts, 'publicUrl' | 'people' | 'browser' | 'next' | 'store' | 'limits' | 'random' | 'refused'> {
  readonly codeFlows: CodeFlows
  readonly samlPeople: SamlPeople
  readonly kept: KeptResponses
  readonly ownKeys: (now: Date) => Promise<OwnKeys>
}

/** How a sign-in at a provider begins. */
export interface Start {
  /** Sealed text of where it leads in the end. */
  readonly next: string | undefined
  /** The person is to prove who they are, whatever session they have there. */
  readonly isAfresh: boolean
}

/** The text for `?next=`, where it is one that a sign-in at a provider can carry. */
export function nextOf({ next }: Pick<ProviderParts, 'next'>, text: string | null, now: Date): string | undefined {
  return text !== null && text.length <= longestNext && next.open(text, now) !== undefined ? text : undefined
}

/** Providers send it back in a link or a form of theirs, and some cut off what is long. */
const longestNext = 2048
