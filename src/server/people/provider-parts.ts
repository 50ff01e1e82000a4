// What the pages of providers as connectors are made of (OpenID Connect, SAML), and where they are.
import type { Secret } from '../../core/secret.ts'
import type { CodeFlows } from '../../federation/oidc/code-flows.ts'
import type { Person } from '../../federation/person.ts'
import type { KeptResponses } from '../../service/console/kept-responses.ts'
import type { Connector, People } from '../../service/contracts/people.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { SamlPeople } from '../../service/saml/people.ts'
import type { Store } from '../../store/store.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { Limits } from '../limits.ts'
import type { Cookie } from '../pages/cookie.ts'
import type { Site } from '../pages/site.ts'

/** Below the public URL. */
export const signInPath = '/signin'
export const connectorPath = (name: string) => `${signInPath}/with/${name}`
export const startPath = (name: string) => `${connectorPath(name)}/start`
export const callbackPath = (name: string) => `${connectorPath(name)}/callback`
export const consumerPath = (name: string) => `${connectorPath(name)}/saml`
export const continuePath = (name: string) => `${connectorPath(name)}/continue`
export const metadataPath = (name: string) => `${connectorPath(name)}/metadata`

/** Whom a provider proved, and what it is asked again with. */
export interface Proven {
  readonly person: Person
  readonly renewal?: Secret
}

export interface ProviderParts {
  /** Without a slash at its end. */
  readonly publicUrl: string
  readonly site: Site
  readonly table: People['table']
  readonly codeFlows: CodeFlows
  readonly samlPeople: SamlPeople
  readonly kept: KeptResponses
  readonly store: Store
  readonly ownKeys: (now: Date) => Promise<OwnKeys>
  /** The cookie of a browser that is signing in. It stands for nobody. */
  readonly cookie: Cookie
  readonly limits: Pick<Limits, 'take'>
  readonly random: (bytes: number) => Buffer
  /** Begins the sign-in of a proven person, and leads on. */
  readonly signedIn: (exchange: Exchange, proven: Proven, now: Date) => Promise<Reply>
  /** Notes a refusal for the operator. */
  readonly refused: (exchange: Exchange, reason: string, now: Date) => void
}

/** The connector of that name, as the table has it now. */
export async function connectorNamed<Kind extends Connector['kind']>(
  { table }: Pick<ProviderParts, 'table'>,
  name: string | undefined,
  ...kinds: readonly Kind[]
): Promise<Extract<Connector, { readonly kind: Kind }> | undefined> {
  const connector = (await table()).connectors.find((one) => one.name === name)
  return kinds.find((kind) => kind === connector?.kind) === undefined ? undefined : (connector as never)
}
