// Providers that are nobody's record, by the names that trust policies have for them (IAM User Guide, "AWS JSON policy
// elements: Principal", federated user sessions). A kind of proof whose providers have names and no ARNs adds its own.
import { cognito } from '../core/policy/tenancy.ts'
import { oauthProviders } from './oauth/inspect.ts'

export const google = 'accounts.google.com'

export const namedProviders: ReadonlySet<string> = new Set([google, cognito, ...oauthProviders])
