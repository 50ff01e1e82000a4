// Amazon Cognito identity pools: every operation AWS has (API Reference 2014-06-30).
import type { Sdk } from '../../wire/operations.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { getCredentialsForIdentity } from './credentials/get-credentials.ts'
import { getOpenIdToken } from './credentials/get-open-id-token.ts'
import { developerOperations } from './identities/developer.ts'
import { getId } from './identities/get-id.ts'
import { identityOperations } from './identities/identities.ts'
import { unlinkIdentity } from './identities/unlink.ts'
import { poolOperations } from './pools/pools.ts'
import { principalTagOperations } from './pools/principal-tags.ts'
import { roleOperations } from './pools/roles.ts'

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
