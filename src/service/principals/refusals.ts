// IAM's refusals with AWS's sentences (IAM API Reference, "Common errors" and each operation's errors; sentences as
// recorded from the service).
import { modelled, validationError } from '../../wire/errors.ts'

export const noSuchEntity = (message: string) => modelled('iam', 'NoSuchEntityException', message)
export const alreadyExists = (message: string) => modelled('iam', 'EntityAlreadyExistsException', message)
export const deleteConflict = (message: string) => modelled('iam', 'DeleteConflictException', message)
export const limitExceeded = (message: string) => modelled('iam', 'LimitExceededException', message)
export const overQuota = (quota: string, limit: number) => limitExceeded(`Cannot exceed quota for ${quota}: ${limit}`)
export const invalidInput = (message: string, detail?: string) =>
  modelled('iam', 'InvalidInputException', message, detail === undefined ? {} : { detail })
export const malformedPolicy = (message: string) => modelled('iam', 'MalformedPolicyDocumentException', message)
export const invalid = (message: string) => validationError('aws-query', message)

export const malformedArn = () => invalid('Invalid ARN:  Could not be parsed!')

export const noUser = (name: string) => noSuchEntity(`The user with name ${name} cannot be found.`)
export const noRole = (name: string) => noSuchEntity(`The role with name ${name} cannot be found.`)
export const noInstanceProfile = (name: string) => noSuchEntity(`Instance Profile ${name} cannot be found.`)
export const noPolicy = (arn: string) => noSuchEntity(`Policy ${arn} was not found.`)
export const notAttachable = (arn: string) => noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
export const noPolicyVersion = (arn: string, version: string) =>
  noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`)
export const noAccessKey = (id: string) => noSuchEntity(`The Access Key with id ${id} cannot be found`)
export const noMfaDevice = (serial: string) => noSuchEntity(`MFA Device with serial number ${serial} does not exist.`)

/** Deletion has a sentence of its own (recorded). */
export const noVirtualMfaDevice = (serial: string) =>
  noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`)

/** What was authorized has changed meanwhile: the caller may try again. */
export const concurrentModification = () =>
  modelled(
    'iam',
    'ConcurrentModificationException',
    'The request was rejected because multiple requests to change this object were submitted simultaneously.',
  )

/** The operation means the calling user, and the caller is not a user. */
export const mustNameUser = () => invalid('Must specify userName when calling with non-User credentials')
