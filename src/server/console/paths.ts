// Where the console's pages are, below the public URL.
//
// Names of users, roles and policies stand in the query, never in the path: a role may be called `..`.
import { consolePath } from '../federation/destinations.ts'

export { consolePath } from '../federation/destinations.ts'
export const signOutPath = `${consolePath}/sign-out` as const
export const switchPath = `${consolePath}/switch` as const
export const switchBackPath = `${consolePath}/switch/back` as const
export const permissionsPath = `${consolePath}/permissions` as const
export const credentialsPath = `${consolePath}/credentials` as const
export const usersPath = `${consolePath}/users` as const
export const userPath = `${consolePath}/user` as const
export const rolesPath = `${consolePath}/roles` as const
export const rolePath = `${consolePath}/role` as const
export const revokePath = `${consolePath}/role/revoke` as const
export const policiesPath = `${consolePath}/policies` as const
export const policyPath = `${consolePath}/policy` as const
export const inlinePolicyPath = `${consolePath}/inline-policy` as const
export const providersPath = `${consolePath}/providers` as const
export const openIdProviderPath = `${consolePath}/openid-provider` as const
export const samlProviderPath = `${consolePath}/saml-provider` as const
export const poolsPath = `${consolePath}/pools` as const
export const poolPath = `${consolePath}/pool` as const
