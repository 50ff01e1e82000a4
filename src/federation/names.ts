// Providers without a record in any account, by their names in trust policies (IAM User Guide, "AWS JSON policy elements:
// Principal", federated user sessions). A kind of proof whose providers have names instead of ARNs adds them here.
import { cognito } from '../core/policy/tenancy.ts'
import { oauthProviders } from './oauth/inspect.ts'

export const google = 'accounts.google.com'

export const namedProviders: ReadonlySet<string> = new Set([google, cognito, ...oauthProviders])
