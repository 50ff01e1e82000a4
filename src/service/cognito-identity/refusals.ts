// The refusals of identity pools, with AWS's sentences as recorded (API Reference: each operation's errors).

import { modelled, withDetail } from '../../wire/errors.ts'
import type { BarCause } from '../bar-cause.ts'

const service = 'cognito-identity'

export const notAuthorizedException = (message: string, detail?: string) =>
  modelled(service, 'NotAuthorizedException', message, detail === undefined ? {} : { detail })
export const invalidParameter = (message: string) => modelled(service, 'InvalidParameterException', message)
export const notFound = (message: string) => modelled(service, 'ResourceNotFoundException', message)
export const conflict = (message: string) => modelled(service, 'ResourceConflictException', message)
export const mappingDenies = (provider: string) =>
  notAuthorizedException(`The ambiguous role mapping rules for: ${provider} denied this request.`)
export const overLimit = (message: string) => modelled(service, 'LimitExceededException', message)

export const noPool = (id: string) => notFound(`IdentityPool '${id}' not found.`)
export const noIdentity = (id: string) => notFound(`Identity '${id}' not found.`)
export const noGuests = () => notAuthorizedException('Unauthenticated access is not supported for this identity pool.')
export const forbidden = (id: string, detail?: string) =>
  notAuthorizedException(`Access to Identity '${id}' is forbidden.`, detail)
export const loginsDiffer = (detail?: string) =>
  notAuthorizedException(
    "Logins don't match. Please include at least one valid login for this identity or identity pool.",
    detail,
  )
export const unsupportedProvider = (detail?: string) =>
  notAuthorizedException('Token is not from a supported provider of this identity pool.', detail)
export const invalidLogin = (why: string, detail?: string) =>
  notAuthorizedException(`Invalid login token. ${why}`, detail)
export const loginTaken = () => conflict('Login is already linked to another account.')
export const noClassic = () => invalidParameter('Basic (classic) flow is not enabled, please use enhanced flow.')
export const noClassicWithMappings = () =>
  invalidParameter('Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.')
export const badConfiguration = (detail?: string) =>
  modelled(
    service,
    'InvalidIdentityPoolConfigurationException',
    'Invalid identity pool configuration. Check assigned IAM roles for this pool.',
    detail === undefined ? {} : { detail },
  )
export const unreachable = (message: string, detail?: string) =>
  modelled(service, 'ExternalServiceException', message, detail === undefined ? {} : { detail })
/** For operations that model no conflict with another change: AWS's clients try again. */
export const busy = (message: string) => modelled(service, 'TooManyRequestsException', message)
export const tooMany = () => withDetail(busy('Rate exceeded'), 'rate-per-pool' satisfies BarCause)
/** What was authorized has changed meanwhile: the caller may try again. */
export const changedMeanwhile = () => conflict('The identity was changed by another request. Try again.')
