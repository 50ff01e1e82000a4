// Amazon Cognito identity pools: every operation AWS has (API Reference 2014-06-30).
import type { Sdk } from '../../wire/operations.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { developerOperations } from './developer.ts'
import { getCredentialsForIdentity } from './get-credentials.ts'
import { getId } from './get-id.ts'
import { getOpenIdToken } from './get-open-id-token.ts'
import { identityOperations } from './identities.ts'
import { poolOperations } from './pools.ts'
import { principalTagOperations } from './principal-tags.ts'
import { roleOperations } from './roles.ts'
import { unlinkIdentity } from './unlink.ts'

export const cognitoIdentityOperations = (parts: Parts): Operations<Sdk['cognito-identity']> => ({
  ...poolOperations(parts),
  ...roleOperations(parts),
  ...principalTagOperations(parts),
  ...identityOperations(parts),
  ...developerOperations(parts),
  GetId: getId(parts),
  GetCredentialsForIdentity: getCredentialsForIdentity(parts),
  GetOpenIdToken: getOpenIdToken(parts),
  UnlinkIdentity: unlinkIdentity(parts),
})
