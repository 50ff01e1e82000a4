// IAM Roles Anywhere: every operation AWS has (API Reference 2018-05-10), and CreateSession, which its credential helper calls.
import type { Sdk } from '../../wire/operations.ts'
import { allUnsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'

export const rolesanywhereOperations = (_: Parts): Operations<Sdk['rolesanywhere']> => ({
  ...allUnsupported(
    'No certificate is accepted yet.',
    'CreateProfile',
    'CreateSession',
    'CreateTrustAnchor',
    'DeleteAttributeMapping',
    'DeleteCrl',
    'DeleteProfile',
    'DeleteTrustAnchor',
    'DisableCrl',
    'DisableProfile',
    'DisableTrustAnchor',
    'EnableCrl',
    'EnableProfile',
    'EnableTrustAnchor',
    'GetCrl',
    'GetProfile',
    'GetSubject',
    'GetTrustAnchor',
    'ImportCrl',
    'ListCrls',
    'ListProfiles',
    'ListSubjects',
    'ListTagsForResource',
    'ListTrustAnchors',
    'PutAttributeMapping',
    'PutNotificationSettings',
    'ResetNotificationSettings',
    'TagResource',
    'UntagResource',
    'UpdateCrl',
    'UpdateProfile',
    'UpdateTrustAnchor',
  ),
})
