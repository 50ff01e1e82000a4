// How the operations of IAM Roles Anywhere are written down, and how they refuse (API Reference 2018-05-10).
import { accessDenied, modelled, type Refusal, validationError } from '../../wire/errors.ts'
import type { Input, OperationName, Output, Sdk } from '../../wire/operations.ts'
import type { CertificateCause } from '../contracts/certificate-trust.ts'
import type { Tag } from '../records.ts'
import { changesOf, readsOf } from '../signed-operations.ts'

type Service = Sdk['rolesanywhere']
export type RolesanywhereName = OperationName<Service>
export type RolesanywhereInput<K extends RolesanywhereName> = Input<Service, K>
export type RolesanywhereOutput<K extends RolesanywhereName> = Output<Service, K>

export const reads = readsOf<Service>()
export const changes = changesOf<Service>()

/** The principal that trust policies name. */
export const servicePrincipal = 'rolesanywhere.amazonaws.com'

export const invalid = (message: string, detail?: string): Refusal => validationError('rest-json', message, detail)
export const notFound = (message: string): Refusal => modelled('rolesanywhere', 'ResourceNotFoundException', message)
export const denied = (message: string, cause?: CertificateCause): Refusal =>
  accessDenied('rest-json', message, cause && causeDetail(cause))

/** The cause as details begin with it. */
export const causeDetail = (cause: CertificateCause) => `certificate-${cause}`
/** What was authorized has changed meanwhile: no operation has a code for it. */
export const changedMeanwhile = (): Refusal => invalid('The resource was changed by another request. Try again.')

/** Tags in the form that other services have. */
export const tagsIn = (tags: readonly { key?: string | undefined; value?: string | undefined }[] = []): Tag[] =>
  tags.map(({ key = '', value = '' }) => ({ Key: key, Value: value }))
