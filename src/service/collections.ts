// Every collection of the control plane: what a store must be opened with.
import { keyCollections } from '../keys/records.ts'
import type { AnyCollection } from '../store/store.ts'
import { metas } from './bootstrap.ts'
import { cognitoCollections } from './cognito-identity/records.ts'
import { consoleSessions, keptResponses, lastRoles } from './console/records.ts'
import { tablePolicies } from './dynamodb/policy-records.ts'
import { eksCollections } from './eks/records.ts'
import { accountRequests, organizations } from './organizations/records.ts'
import { brokerIssuers } from './outbound/broker-issuer.ts'
import { issuers } from './outbound/issuers.ts'
import { factorCollections } from './people/factors/factor-records.ts'
import { oauthCollections } from './people/oauth/oauth-records.ts'
import { peopleBrowsers } from './people/sign-ins/browser-records.ts'
import { renewalClaims } from './people/sign-ins/renewal-claims.ts'
import { signInCounts } from './people/sign-ins/sign-in-counts.ts'
import { peopleAttempts, signIns } from './people/sign-ins/sign-in-records.ts'
import { peopleTableInForce, peopleTables } from './people/table/table-record.ts'
import { tallies } from './principals/quotas.ts'
import {
  accessKeys,
  accountAliases,
  accounts,
  attachments,
  instanceProfiles,
  lastUsed,
  managedPolicies,
  mfaDevices,
  oidcProviders,
  onces,
  roles,
  samlProviders,
  users,
} from './records.ts'
import { rolesanywhereCollections } from './rolesanywhere/records.ts'
import { samlOwnKeys } from './saml/own-keys.ts'
import { revocations } from './session/revocations.ts'
import { workloadCollections } from './workloads/records.ts'

export const collections: readonly AnyCollection[] = [
  ...keyCollections,
  ...[metas, accounts, users, roles, accessKeys, managedPolicies, attachments, mfaDevices, oidcProviders],
  ...[samlProviders, accountAliases],
  ...[instanceProfiles, lastUsed, onces, revocations, tallies, organizations, accountRequests],
  ...[consoleSessions, keptResponses, lastRoles, samlOwnKeys],
  ...[signIns, peopleAttempts, renewalClaims, signInCounts, peopleTables, peopleTableInForce],
  ...[peopleBrowsers, ...factorCollections],
  issuers,
  brokerIssuers,
  ...oauthCollections,
  ...cognitoCollections,
  tablePolicies,
  ...workloadCollections,
  ...rolesanywhereCollections,
  ...eksCollections,
]
