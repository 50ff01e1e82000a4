// IAM Roles Anywhere: every operation AWS has (API Reference 2018-05-10), and CreateSession, which its credential helper calls.
import type { Sdk } from '../../wire/operations.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { anchorOperations } from './anchors.ts'
import { createSession } from './create-session.ts'
import { profileOperations } from './profiles.ts'
import { revocationListOperations } from './revocation-lists.ts'
import { subjectOperations } from './subjects.ts'
import { tagOperations } from './tags.ts'

export const rolesanywhereOperations = (parts: Parts): Operations<Sdk['rolesanywhere']> => ({
  ...anchorOperations(parts),
  ...profileOperations(parts),
  ...revocationListOperations(parts),
  ...subjectOperations(parts),
  ...tagOperations(parts),
  CreateSession: createSession(parts),
})
