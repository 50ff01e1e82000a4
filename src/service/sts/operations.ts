// STS: every operation that AWS has, offered or with the reason why not (STS API Reference 2011-06-15).
import type { Sdk } from '../../wire/operations.ts'
import { unsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithSaml } from './assume-role-with-saml.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './decode-authorization-message.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getFederationToken } from './get-federation-token.ts'
import { getSessionToken } from './get-session-token.ts'
import { getWebIdentityToken } from './get-web-identity-token.ts'

export const stsOperations = (parts: Parts): Operations<Sdk['sts']> => ({
  AssumeRole: assumeRole(parts),
  AssumeRoleWithSAML: assumeRoleWithSaml(parts),
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity(parts),
  AssumeRoot: unsupported('centralized root access is not offered yet'),
  DecodeAuthorizationMessage: decodeAuthorizationMessage(parts),
  GetAccessKeyInfo: getAccessKeyInfo(),
  GetCallerIdentity: getCallerIdentity(),
  GetDelegatedAccessToken: unsupported('delegation requests are not offered yet'),
  GetFederationToken: getFederationToken(parts),
  GetSessionToken: getSessionToken(parts),
  GetWebIdentityToken: getWebIdentityToken(parts),
})
