// Where development mode's SAML provider is, below the public URL.
import { providerPath } from './identity-provider.ts'

/** The provider's own: its entity id, and the page where one chooses who one is. */
export const samlPath = `${providerPath}/saml`
export const metadataPath = `${samlPath}/metadata`
export const singleSignOnPath = `${samlPath}/sso`
/** One for each IAM provider that was registered: the request does not say where the answer belongs. */
export const singleLogoutPath = (uuid: string) => `${samlPath}/logout/${uuid}`
