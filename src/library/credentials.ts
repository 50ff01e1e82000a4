// `hallpass/credentials`: credentials for a program, which renew: providers for AWS's SDK for JavaScript v3, and for whatever else asks a
// function for them.
import type {
  AssumeRoleOptions,
  CertificateOptions,
  CredentialProvider,
  MachineOptions,
  ServiceOptions,
  SignInOptions,
  WebIdentityOptions,
} from './credential-options.ts'
import { providersOf } from './credential-providers.ts'

export { NoAnswer, SourceRefused } from '../client/credential-source.ts'
export type {
  AccessKey,
  AssumeRoleOptions,
  CertificateOptions,
  CredentialProvider,
  Credentials,
  EndpointOptions,
  MachineOptions,
  RenewalOptions,
  ServiceOptions,
  SignInOptions,
  WebIdentityOptions,
} from './credential-options.ts'

/** The process that the program runs in. */
const providers = providersOf({
  environment: process.env,
  platform: process.platform,
  clock: () => new Date(),
})

/** Credentials of whoever is signed in on this machine by `hallpass login`. @throws TypeError for options that cannot be right */
export const fromSignIn: (options: SignInOptions) => CredentialProvider = providers.fromSignIn

/** Credentials of this machine, which has joined by `hallpass machines join`: of its instance profile's role, or of a task's. */
export const fromMachine: (options?: MachineOptions) => CredentialProvider = providers.fromMachine

/** Credentials of a role that a declared service assumes on behalf of an account. @throws TypeError for options that cannot be right */
export const fromService: (options: ServiceOptions) => CredentialProvider = providers.fromService

/**
 * Credentials of IAM Roles Anywhere: CreateSession, signed with the key of a certificate that a trust anchor's authority issued.
 * @throws TypeError for options that cannot be right
 */
export const fromCertificate: (options: CertificateOptions) => CredentialProvider = providers.fromCertificate

/** AssumeRoleWithWebIdentity, with the token in a file: a Kubernetes service account's, a CI job's. @throws TypeError for options that cannot be right */
export const fromWebIdentity: (options?: WebIdentityOptions) => CredentialProvider = providers.fromWebIdentity

/** AssumeRole, with a key or with what another provider gives. @throws TypeError for options that cannot be right */
export const fromAssumeRole: (options: AssumeRoleOptions) => CredentialProvider = providers.fromAssumeRole
